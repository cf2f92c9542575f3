"""Speed, measured as ratios of one run: these figures compare on any machine, however noisy."""
