"""The corpus of malformed department files (reliability families 1–35, 39): every file with the answer to every record."""

from shouwang.synth.corpus.write import cases, write_corpus

__all__ = ["cases", "write_corpus"]
