"""Toyland (玩具省): an invented province with its own law, so that the engine is tested without any real policy."""
