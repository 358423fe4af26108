"""Where a province's text differs in shape."""
