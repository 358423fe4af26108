"""Facts folded into a state of a day, and what changed between two runs."""
