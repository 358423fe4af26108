"""The rule engine: how any policy is computed, for one household or for a whole country. It knows no policy by name."""
