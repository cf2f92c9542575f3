"""The gateway end to end over HTTP: people who are called, and what they hear and press."""
