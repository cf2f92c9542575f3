"""Tables of contacts, and of everything they ever said about being asked."""
