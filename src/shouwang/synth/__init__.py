"""Invented people and invented department files: the demo county, a country for the benches, and the corpus of malformed files.

Nobody in here exists: identity numbers start with 990101, an area code that was never assigned. Imports only ``shouwang.lib``.
"""
