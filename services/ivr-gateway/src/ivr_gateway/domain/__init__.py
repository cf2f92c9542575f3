"""What can be asked on the telephone, purely."""
