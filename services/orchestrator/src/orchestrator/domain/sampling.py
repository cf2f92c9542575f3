"""The draw of an interaction: the same on every replica, at every repetition and in a dry run."""

import hashlib
from uuid import UUID


def draw(workspace: str, flow: str, interaction: UUID) -> float:
    """Uniform in [0, 1); asked when it is below the flow's share."""
    text = f"{workspace}\x1f{flow}\x1f".encode()
    digest = hashlib.blake2b(text + interaction.bytes, digest_size=8).digest()
    # 53 bits: a float holds them exactly, so that the result never rounds up to 1.
    return (int.from_bytes(digest) >> 11) / (1 << 53)
