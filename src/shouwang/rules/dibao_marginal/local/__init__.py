"""Provinces whose own law on 低保边缘 we have read."""
