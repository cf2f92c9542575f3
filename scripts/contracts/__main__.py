"""`python -m scripts.contracts` writes contracts/, and what of docs/ is written from the code.

With `--check` it says what is stale.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from scripts.contracts import (
    cli,
    client,
    configuration,
    events,
    examples,
    openapi,
    problems,
    topics,
)

FOLDER = Path(__file__).parents[2] / "contracts"
OURS = (
    "config/*",
    "events/*",
    "intake/*",
    "openapi/*",
    "problems.md",
    "topics.md",
    f"{client.FOLDER}/[a-z]*.py",
    examples.SUMS,
)  # all that is generated


def wanted() -> dict[str, str]:
    """Name of a file in contracts/ -> what it should hold."""
    apis = openapi.files()
    documents: dict[str, Any] = events.files() | apis | configuration.schemas()
    texts = {name: json.dumps(one, indent=2) + "\n" for name, one in documents.items()}
    written = problems.files() | {
        f"../docs/{name}": text for name, text in (cli.files() | configuration.files()).items()
    }
    return texts | topics.files() | examples.files() | written | client.files(apis)


def stale(contents: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Files that are not as they should be, or should not be there."""
    there = {
        path.relative_to(folder).as_posix(): path
        for pattern in OURS
        for path in folder.glob(pattern)
    }
    return [
        name
        for name in sorted(contents.keys() | there.keys())
        if name not in contents or _text(folder / name) != contents[name]
    ]


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def write(name: str, contents: dict[str, str], *, folder: Path = FOLDER) -> None:
    path = folder / name
    if name not in contents:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(contents[name], "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    contents = wanted()
    found = stale(contents)
    for name in found:
        place = os.path.normpath(f"contracts/{name}")
        sys.stdout.write(f"{'stale' if check else 'written'}: {place}\n")
        if not check:
            write(name, contents)
    if check and found:
        sys.stdout.write("`make contracts` mends this.\n")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
