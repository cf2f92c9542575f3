"""AES-256-GCM for what is stored: the operator's master keys, the data keys of workspaces that they
wrap, and what rows hold sealed by those."""

from common.sealing.master import MasterKeys, Sealed, new_key
from common.sealing.values import DataKey, Keyring, Place, UnknownKey, is_sealed

__all__ = [
    "DataKey",
    "Keyring",
    "MasterKeys",
    "Place",
    "Sealed",
    "UnknownKey",
    "is_sealed",
    "new_key",
]
