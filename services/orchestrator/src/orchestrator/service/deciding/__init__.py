"""From ended interactions to decisions, a batch at a time; amendments; reading decisions."""
