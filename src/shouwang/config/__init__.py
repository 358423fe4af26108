"""Reads the environment and wires the apps; nothing else in the house does either."""
