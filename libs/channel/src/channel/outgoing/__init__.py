"""The way out: steps are taken in, claimed, posted, and what came of it is recorded."""
