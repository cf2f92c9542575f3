"""The draw of an interaction: the same on every replica, at every repetition and in a dry run."""

import hashlib
from uuid import UUID


def sampling_key(workspace: str, flow: str) -> bytes:
    """What a flow draws from: another flow draws otherwise for the same interaction."""
    return f"{workspace}\x1f{flow}\x1f".encode()


def draw(key: bytes, interaction: UUID) -> float:
    """Uniform in [0, 1); asked when it is below the flow's rate."""
    # A hash for its even spread, not for secrecy: SHA-1 costs half of what BLAKE2 does here.
    digest = hashlib.sha1(key + interaction.int.to_bytes(16)).digest()  # noqa: S324
    # 53 bits: a float holds them exactly, so that the result never rounds up to 1.
    return (int.from_bytes(digest[:8]) >> 11) / (1 << 53)
