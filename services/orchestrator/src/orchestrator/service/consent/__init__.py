"""What contacts allow and forbid."""
