"""The blocks of a page of ours that somebody would type, in their order."""

import re
from collections.abc import Sequence
from pathlib import Path

_FENCE = "```"
_TYPED = ("", "sh")  # languages of a block that is typed


def sections(page: Path) -> dict[str, list[str]]:
    """Heading -> its blocks."""
    found: dict[str, list[str]] = {}
    heading, language = "", None
    for line in page.read_text("utf-8").splitlines(keepends=True):
        if line.startswith(_FENCE):
            language = line.removeprefix(_FENCE).strip() if language is None else None
            if language in _TYPED:
                found.setdefault(heading, []).append("")
        elif language in _TYPED:
            found[heading][-1] += line
        elif language is None and (told := re.match("#+ (.+)", line)):
            heading = told[1]
            found.setdefault(heading, [])
    return found


def blocks(page: Path, headings: Sequence[str]) -> list[str]:
    """Those below these headings. Raises `LookupError` for one that is not there."""
    there = sections(page)
    for heading in headings:
        if heading not in there:
            raise LookupError(f"{page.name} has no section {heading}")
    return [block for heading in headings for block in there[heading]]


def commands(block: str) -> list[str]:
    """A command each, with the lines that belong to it."""
    found: list[str] = []
    for line in block.splitlines():
        if found and _goes_on(found[-1]):
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line)
    return found


def _goes_on(command: str) -> bool:
    return command.endswith("\\") or command.count("'") % 2 == 1
