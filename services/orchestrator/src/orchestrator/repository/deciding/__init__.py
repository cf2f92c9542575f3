"""Tables of decisions, and what the daily ceiling counts."""
