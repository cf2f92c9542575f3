"""Configuration files: YAML in, bodies of `PUT /v1/config` out, and errors that name the line.

A file may hold several workspaces: a YAML document for each, with a line `---` between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aftercall.strict_yaml import FileProblem, documents

SECTIONS = ("workspaces", "sources", "numbers", "accounts", "surveys", "flows")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The configuration of one workspace, and the line each field stands on."""

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


def read_all(path: Path) -> list[ConfigFile]:
    """One for each workspace. Raises `FileProblem`."""
    found = [ConfigFile(path, body, dict(_lines(node))) for node, body in documents(path)]
    if not found:
        raise FileProblem(f"{path}: empty; expected sections: {', '.join(SECTIONS)}")
    for file in found:
        _check_sections(file)
    return found


def read(path: Path) -> ConfigFile:
    """A file of one workspace. Raises `FileProblem`."""
    first, *others = read_all(path)
    if others:
        raise FileProblem(f"{path}: one workspace is needed here, and there are {len(others) + 1}")
    return first


def _check_sections(file: ConfigFile) -> None:
    """Which sections there are is the platform's to say, for it may be newer than this command."""
    if not isinstance(file.body, dict):
        raise FileProblem(f"{file.path}: expected sections: {', '.join(SECTIONS)}")
    for section, found in file.body.items():
        if not isinstance(found, list):
            where = file.where(str(section))
            raise FileProblem(f"{where}: {section} must be a list: begin each with a dash (-)")
    if len(file.body.get("workspaces", ())) > 1:
        where = file.where("workspaces.1")
        raise FileProblem(f"{where}: a second workspace: begin it, and all of it, after a line ---")


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
