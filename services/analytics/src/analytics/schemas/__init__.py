"""The bodies and query strings of the REST API."""
