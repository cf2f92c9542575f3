"""YAML as configuration has it: no key twice, nothing that contains itself, nothing too deep."""

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from aftercall.errors import Trouble

LARGEST = 4 * 1024 * 1024  # bytes, as the API takes
DEEPEST = 40  # levels
MOST_NODES = 500_000  # once aliases are written out
_TYPOGRAPHIC = "“”„‟‘’‚«»"
_TAG = "tag:yaml.org,2002:"
_TAKEN = frozenset({"str", "int", "float", "bool", "null", "value"})
_AROUND = _TYPOGRAPHIC + "\"'"


class FileProblem(Trouble):
    """A file that cannot be read as configuration; the text says where."""


def documents(path: Path) -> Iterator[tuple[yaml.Node, Any]]:
    """Each document of the file, with its value. Raises `FileProblem`."""
    try:
        text = _text(path)
        for node in yaml.compose_all(text, yaml.SafeLoader):
            if node is not None:
                _Check(path).check(node, (), 0)
                yield node, _value(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        said = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise FileProblem(f"{place}: no YAML: {said}{_hint(said)}") from None
    except RecursionError:
        raise FileProblem(f"{path}: nested more than {DEEPEST} levels deep") from None
    except ValueError as error:  # such as the 31st of February
        raise FileProblem(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        todo = "; examples/ has some" if isinstance(error, FileNotFoundError) else ""
        raise FileProblem(f"{path}: {error.strerror or error}{todo}") from None
    if len(raw) > LARGEST:
        raise FileProblem(f"{path}: larger than {LARGEST // 2**20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileProblem(f"{path}:{line}: not UTF-8: save it as UTF-8") from None


def _value(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


class _Check:
    """Walks a document once. Raises `FileProblem`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nodes = 0

    def check(self, node: yaml.Node, above: Sequence[int], depth: int) -> None:
        self._nodes += 1
        if id(node) in above:
            self._stop(node, "it contains itself, by an alias (*)")
        if depth > DEEPEST:
            self._stop(node, f"nested more than {DEEPEST} levels deep")
        if self._nodes > MOST_NODES:
            self._stop(node, "too much, once its aliases (*) are written out")
        within = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            self._scalar(node)
        if isinstance(node, yaml.MappingNode):
            self._keys(node)
            for _, value in node.value:
                self.check(value, within, depth + 1)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self.check(value, within, depth + 1)

    def _scalar(self, node: yaml.ScalarNode) -> None:
        """Texts, numbers, yes and no; what YAML takes for a day is the text that it is."""
        if node.tag == f"{_TAG}timestamp":
            node.tag = f"{_TAG}str"
        if node.tag.removeprefix(_TAG) not in _TAKEN:
            self._stop(node, f"{node.tag} is not taken: write a text, a number, true or false")
        if node.tag == f"{_TAG}float" and not isfinite(float(_value(node))):
            self._stop(node, f"{node.value} is no number that can be used")

    def _keys(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._stop(key, "a name is needed before the colon")
            name = str(key.value)
            if set(name) & set(_TYPOGRAPHIC):
                plain = name.strip(_AROUND)
                self._stop(key, f"{name}: typographic quotes are no quotes: write {plain}")
            if name in seen:
                self._stop(key, f"{name} is there twice, first in line {seen[name]}")
            seen[name] = key.start_mark.line + 1
            if key.tag != f"{_TAG}merge":
                key.tag = f"{_TAG}str"  # `no:` and `1:` are names, too

    def _stop(self, node: yaml.Node, why: str) -> None:
        raise FileProblem(f"{self._path}:{node.start_mark.line + 1}: {why}")


def _hint(said: str) -> str:
    if "cannot start any token" in said:
        return "; indent by spaces, not by tabs, and quote what begins with @ or `"
    if "mapping values are not allowed" in said:
        return "; is a text with a colon not in quotes, or a line indented too far?"
    return ""
