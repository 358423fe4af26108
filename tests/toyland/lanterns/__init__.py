"""点灯: warnings only."""
