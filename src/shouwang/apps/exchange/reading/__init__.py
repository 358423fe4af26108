"""Reads department files: bytes in, typed rows and quarantined rows out. Pure Python without Django; runs in a child process with limits."""
