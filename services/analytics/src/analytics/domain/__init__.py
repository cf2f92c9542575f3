"""What is counted, and how: pure functions over the fact of one interaction."""
