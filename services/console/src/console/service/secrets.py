"""Secrets of sessions and links: 256 random bits, kept as their hashes."""

import hashlib


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
