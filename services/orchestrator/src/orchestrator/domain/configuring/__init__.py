"""Configuration files: what they mean, what is wrong with them, what they change."""
