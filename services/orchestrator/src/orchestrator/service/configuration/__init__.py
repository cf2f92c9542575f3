"""Documents and API keys."""
