"""Invented people and invented department files: the demo county, a country for the benches, and the corpus of malformed files.

Nobody in here exists: identity numbers start with 99…, area codes that were never assigned. Imports only ``shouwang.lib``.
"""

from shouwang.synth.corpus import write_corpus
from shouwang.synth.country import country_parts, write_country
from shouwang.synth.county import Truth, write_county

__all__ = ["Truth", "country_parts", "write_corpus", "write_country", "write_county"]
