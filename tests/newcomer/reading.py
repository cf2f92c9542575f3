"""The blocks of a page of ours that somebody would type, in their order."""

import re
from collections.abc import Sequence
from pathlib import Path

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, headings: Sequence[str]) -> list[str]:
    """Those below these headings. Raises `LookupError` for one that is not there."""
    text = page.read_text("utf-8")
    parts = _HEADING.split(text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = []
    for heading in headings:
        if heading not in sections:
            raise LookupError(f"{page.name} has no section {heading}")
        found += _BLOCK.findall(sections[heading])
    return found


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
