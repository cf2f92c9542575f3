"""Forgetting people: the request, what is deleted here, and who else has done it."""
