"""`aftercall doctor`: is everything there that the platform stands on, and what to do if not."""
