"""Configuration files: YAML in, the body of `PUT /v1/config` out, and errors that name the line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SECTIONS = ("workspaces", "sources", "numbers", "accounts", "surveys", "flows")


class FileProblem(Exception):
    """A file that cannot be read as configuration; the text says where."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The documents of a file, and the line each field stands on."""

    path: Path
    body: dict[str, Any]
    lines: Mapping[str, int]

    def where(self, field: str) -> str:
        """`flows.0.survey` -> `FILE:48`; the nearest enclosing line for what is missing."""
        parts = field.split(".")
        while parts:
            if line := self.lines.get(".".join(parts)):
                return f"{self.path}:{line}"
            parts.pop()
        return str(self.path)


def read(path: Path) -> ConfigFile:
    """Raises `FileProblem`."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise FileProblem(f"{place}: {getattr(error, 'problem', None) or error}") from None
    file = ConfigFile(path, body, dict(_lines(node)) if node else {})
    _check_sections(file)
    return file


def _check_sections(file: ConfigFile) -> None:
    """Which sections there are is the platform's to say, for it may be newer than this command."""
    if not isinstance(file.body, dict):
        raise FileProblem(f"{file.path}: expected sections: {', '.join(SECTIONS)}")
    for section, documents in file.body.items():
        if not isinstance(documents, list):
            raise FileProblem(f"{file.where(section)}: {section} must be a list")


def _lines(node: yaml.Node, path: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    yield ".".join(path), node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield from _lines(value, below)
            yield ".".join(below), key.start_mark.line + 1  # the key's line, not a block's first
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, str(index)))
