"""HTTP in: CloudEvents with an API key, vendors' own bodies with the secret of their source."""
