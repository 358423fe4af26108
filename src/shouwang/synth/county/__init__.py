"""The demo county 安禾县 and what its departments know about it."""

from shouwang.synth.county.write import Truth, write_county

__all__ = ["Truth", "write_county"]
