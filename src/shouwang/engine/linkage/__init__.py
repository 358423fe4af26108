"""Who a record may be about when no identity number says so: comparison levels, weights, a kept index. Suggestions only, never a link."""
