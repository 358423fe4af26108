"""Where a region measures differently."""
