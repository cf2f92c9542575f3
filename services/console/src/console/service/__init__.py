"""Use cases: who is signed in, and what the other services' APIs say."""
