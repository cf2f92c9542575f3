"""Writes contracts/: what others build on, from the code that serves them."""
