"""Exclusion, higher-of and offset between the schemes."""
