"""Passwords of services in a folder, one file each: `FOLDER/ingest/kafka-password`."""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

KAFKA, DATABASE = "kafka-password", "database-password"
_LENGTH = 32  # bytes of chance


def passwords(folder: Path, names: Iterable[str], file: str) -> Mapping[str, str]:
    """By name; what is not there is made, readable by its owner alone. Raises `OSError`."""
    return {name: _kept(folder / name / file) for name in names}


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as made:
            made.write(secrets.token_urlsafe(_LENGTH))
    return path.read_text("utf-8").strip()
