"""What is too old to be kept."""
