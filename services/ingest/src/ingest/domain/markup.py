"""XML as a tree of dicts, for vendors that write their bodies so; nothing outside is ever read."""

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from ingest.domain.body import Malformed, text_of

_DEEPEST = 20


@dataclass(slots=True)
class _Element:
    name: str
    texts: list[str] = field(default_factory=list)
    children: dict[str, list[Any]] = field(default_factory=dict)

    def value(self) -> Any:
        """Its text, or its children: one by name, or a list of those that share it."""
        if not self.children:
            return "".join(self.texts)
        return {n: found[0] if len(found) == 1 else found for n, found in self.children.items()}


def tree_of(raw: bytes) -> dict[str, Any]:
    """`{root name: its value}`; attributes are left out. Raises `Malformed`."""
    root = _Element("")
    open_elements = [root]

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise Malformed.at("", "nested too deeply")
        open_elements.append(_Element(name))

    def end(_name: str) -> None:
        element = open_elements.pop()
        open_elements[-1].children.setdefault(element.name, []).append(element.value())

    def refuse(*_: object) -> None:
        raise Malformed.at("", "XML with a document type is not read")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: open_elements[-1].texts.append(text)
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text_of(raw).lstrip(), True)
    except expat.ExpatError as error:
        raise Malformed.at("", f"not XML: {error}") from None
    return {name: found[0] for name, found in root.children.items()}
