"""The bytes of a text file as physical lines with their place in the file as it was delivered."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from shouwang.apps.exchange.reading.encoding import Decision, place_private_use

BLOCK = 1 << 20
_ODD = b"\xff"  # stands for a last half character of UTF-16: it never decodes


@dataclass(slots=True)
class Lines:
    """A run of physical lines: bytes with their ends, decoded text without, length in the delivered file; None = does not decode."""

    raw: list[bytes]
    texts: list[str | None]
    lengths: list[int]
    joined: str | None
    next_at: int


class Source:
    """A text file. UTF-16 is carried as UTF-8 inside; ``lengths`` always count the bytes of the file as delivered."""

    def __init__(self, data: bytes, decision: Decision) -> None:
        self.decision = decision
        self.codec = decision.codec
        self.data = data
        self.start = decision.bom
        if decision.is_wide:
            self.data, self.start, self.codec = _narrowed(data, decision), 0, "utf-8"

    def lines_from(self, at: int) -> Lines:
        """Return the lines of about one block from an offset of ``data`` (a line start)."""
        data = self.data
        block = data[at : self._block_end(at)]
        raw = block.splitlines(keepends=True)
        texts: list[str | None]
        joined: str | None
        try:
            joined = self._decoded(block)
        except UnicodeDecodeError:
            joined, texts = None, [self._decoded_or_none(line) for line in raw]
        else:
            plain = joined.replace("\r\n", "\n").replace("\r", "\n") if "\r" in joined else joined
            texts = list(plain.split("\n"))
            if plain.endswith("\n") or not plain:
                texts.pop()
        lengths = [self._wide_length(line) for line in raw] if self.decision.is_wide else list(map(len, raw))
        return Lines(raw, texts, lengths, joined, at + len(block))

    def _block_end(self, at: int) -> int:
        data = self.data
        if at + BLOCK >= len(data):
            return len(data)
        end = data.find(b"\n", at + BLOCK)
        if end < 0:
            end = data.find(b"\r", at + BLOCK)
        return len(data) if end < 0 else end + 1

    def _decoded(self, data: bytes) -> str:
        text = data.decode(self.codec)
        return place_private_use(text) if self.codec == "gb18030" else text

    def _decoded_or_none(self, line: bytes) -> str | None:
        try:
            return self._decoded(line).rstrip("\r\n")
        except UnicodeDecodeError:
            return None

    def _wide_length(self, line: bytes) -> int:
        odd = line.endswith(_ODD)
        text = (line[:-1] if odd else line).decode("utf-8", "surrogatepass")
        return len(text.encode("utf-16-le", "surrogatepass")) + odd

    def ending(self, line: bytes) -> str:
        """Return a line's own end as text."""
        return line[len(line.rstrip(b"\r\n")) :].decode("ascii")

    def shown_record(self, raw: bytes) -> str:
        """Return a record's bytes as text for a human, undecodable ones as U+FFFD."""
        return place_private_use(raw.decode(self.codec, "replace")).rstrip("\r\n")


def _narrowed(data: bytes, decision: Decision) -> bytes:
    body = memoryview(data)[decision.bom :]
    even = len(body) - len(body) % 2
    text = codecs.decode(body[:even], decision.codec, "surrogatepass")
    return text.encode("utf-8", "surrogatepass") + (_ODD if len(body) % 2 else b"")
