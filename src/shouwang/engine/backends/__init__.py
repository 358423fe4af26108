"""Readings of the rules that need a column or a database engine."""
