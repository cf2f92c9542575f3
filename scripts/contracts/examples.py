"""The examples: files that are added, never edited; `SHA256SUMS` remembers every one there was."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "contracts" / "examples"
SUMS = "examples/SHA256SUMS"


def files(folder: Path = FOLDER) -> dict[str, str]:
    """What is remembered, and what is new. Raises `SystemExit` when an example was changed."""
    known = recorded((folder / "SHA256SUMS").read_text("utf-8")) if folder.exists() else {}
    there = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.json"))
    }
    if broken := sorted(name for name in known if there.get(name) != known[name]):
        raise SystemExit(
            f"changed or gone: contracts/examples/{', '.join(broken)}\n"
            "Examples are a promise: restore them, and add another file for what is new."
        )
    return {SUMS: "".join(f"{there[name]}  {name}\n" for name in sorted(there))}


def recorded(sums: str) -> dict[str, str]:
    """Name -> SHA-256."""
    lines = (line.partition("  ") for line in sums.splitlines())
    return {name: digest for digest, _, name in lines}
