"""特困人员救助供养: the three conditions, every legal supporter judged one by one, self-care, the full standard, its end."""
