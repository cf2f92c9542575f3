"""Secrets in configuration are references, `env:NAME` or `file:PATH`; values never are stored."""

import os
from pathlib import Path


def resolve(reference: str) -> str:
    """The secret behind a reference. Raises `LookupError` naming the reference, never a value."""
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(name)
        if not value:
            raise LookupError(f"the environment variable {name} is not set")
        return value
    if scheme == "file":
        try:
            return Path(name).read_text().strip()
        except OSError as error:
            raise LookupError(f"cannot read {name}: {error.strerror}") from None
    raise LookupError("a secret is a reference: env:NAME or file:PATH")
