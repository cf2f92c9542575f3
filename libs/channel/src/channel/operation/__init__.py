"""For those who run a sender: what it has done, what waits, and whether the promises held."""
