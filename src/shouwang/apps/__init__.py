"""The offices: one Django app per business domain; see docs/architecture.md for their order."""
