"""The tables of a sender, and what is read from them: both doors stand on it."""
