"""Bodies of the API, and the body of a webhook."""
