"""Rules of asking by SMS; no input, no output."""
