"""Provinces whose own law on 低保 we have read."""
