"""Pure rules: facts and `now` in, a value out. No IO, no clock, no randomness."""
