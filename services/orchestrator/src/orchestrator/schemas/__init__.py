"""The bodies of requests, and what answers look like."""
