"""Where an area's own document says more than the national text."""
