"""A body that a source wrote, whatever its form: JSON, a form, multipart, XML, a query."""

import email.message
import email.parser
import email.policy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ingest.domain.body import Malformed, text_of, tolerantly_decoded
from ingest.domain.markup import tree_of
from ingest.domain.vendor import Inbound

_STEP = re.compile(r"[^.\[\]]+|\[[^\[\]]*\]")
_MANY = 1_000  # fields of a form
_DEEPEST = 20  # parts of the name of one
_SECRET = "key"  # noqa: S105 - the name of the query parameter that holds a source's secret


@dataclass(frozen=True, slots=True)
class MappedBody:
    """What paths lead through. `?name` is a parameter of the query, whatever the body."""

    root: Any
    query: Mapping[str, str]
    # Each text of the body that is read as JSON, read once, however many paths lead into it.
    _read: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def at(self, path: str) -> object:
        """What lies at a path; None when there is nothing."""
        if path.startswith("?"):
            return self._found(dict(self.query), path[1:])
        return self._found(self.root, path)

    def has(self, path: str) -> bool:
        """Whether it is there at all, if empty."""
        *way, last = _steps(path.removeprefix("?"))
        place: object = dict(self.query) if path.startswith("?") else self.root
        for step in way:
            place = self._step(place, step)
        place = self._unpacked(place) if isinstance(place, str) else place
        return isinstance(place, dict) and last in place

    def first(self, paths: Iterable[str]) -> tuple[str, object]:
        """The first path where there is anything, and what; else the last one, and None."""
        path = ""
        for path in paths:
            value = self.at(path)
            if value is not None and value != "":
                return path, value
        return path, None

    def _found(self, value: object, path: str) -> object:
        for step in _steps(path):
            value = self._step(value, step)
            if value is None:
                return None
        return value

    def _step(self, value: object, step: str) -> object:
        if isinstance(value, str):
            value = self._unpacked(value)
        if step.startswith("["):
            return self._index(value, step[1:-1])
        return value.get(step) if isinstance(value, dict) else None

    def _unpacked(self, text: str) -> object:
        """JSON within a text."""
        if text not in self._read:
            self._read[text] = _json_of(text)
        return self._read[text]

    def _index(self, value: object, which: str) -> object:
        """`0`, `-1` from the end, or `role=customer`: the first of which that is said."""
        path, equals, wanted = which.partition("=")
        if equals:
            listed = value if isinstance(value, list) else [value]
            return next((one for one in listed if self._says(one, path, wanted)), None)
        if isinstance(value, dict):  # a form has no lists
            return value.get(which)
        index = int(which)
        if not isinstance(value, list) or not -len(value) <= index < len(value):
            return None
        return value[index]

    def _says(self, one: object, path: str, wanted: str) -> bool:
        found = self._found(one, path)
        said = str(found).lower() if isinstance(found, bool) else str(found)
        return found is not None and said.strip().lower() == wanted.strip().lower()


def as_body(inbound: Inbound) -> Inbound:
    """A request that is but a query, as the form that says the same."""
    query = told_in_query(inbound)
    return (
        inbound if inbound.body or not query else replace(inbound, body=urlencode(query).encode())
    )


def told_in_query(inbound: Inbound) -> dict[str, str]:
    """Its parameters, without the secret of the source."""
    return {name: value for name, value in inbound.query.items() if name != _SECRET}


def mapped_body(inbound: Inbound) -> MappedBody:
    """Raises `Malformed`. Without a body, the query is it."""
    query = told_in_query(inbound)
    body = inbound.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not body and query:
        return MappedBody(_nested(query.items()), query)
    return MappedBody(_root(body or inbound.body, inbound.headers.get("content-type", "")), query)


def _root(body: bytes, content_type: str) -> Any:
    """By what it looks like: what senders label a body with cannot be trusted."""
    if body[:1] in b"{[" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return tolerantly_decoded(body)
    if body.startswith(b"<"):
        return tree_of(body)
    if content_type.lower().startswith("multipart/form-data"):
        return _nested(_parts(body, content_type))
    if b"=" in body and not body.startswith(b'"'):
        try:
            fields = parse_qsl(
                text_of(body), keep_blank_values=True, max_num_fields=_MANY, errors="replace"
            )
        except ValueError:
            raise Malformed.at("", f"a form of more than {_MANY} fields") from None
        return _nested(fields)
    return tolerantly_decoded(body)


def _parts(body: bytes, content_type: str) -> Iterable[tuple[str, str]]:
    """Fields of a multipart form; files are left out."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    parts = [part for part in whole.iter_parts() if isinstance(part, email.message.EmailMessage)]
    if not parts:
        raise Malformed.at("", "no multipart form")
    for part in parts[:_MANY]:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and not part.get_filename():
            yield name, text_of(content)


def _nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`Legs[0][Status]` is a path as well; a name that repeats is a list. Raises `Malformed`."""
    root: dict[str, Any] = {}
    for name, value in fields:
        *way, last = [step.strip("[]") for step in _STEP.findall(name.replace(".", "\x00"))] or [""]
        if len(way) > _DEEPEST:
            raise Malformed.at("", "nested too deeply")
        place = root
        for step in way:
            inner = place.setdefault(step.replace("\x00", "."), {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            _put(place, last.replace("\x00", "."), value)
    return root


def _put(place: dict[str, Any], name: str, value: str) -> None:
    before = place.get(name)
    if before is None:
        place[name] = value
    elif isinstance(before, list):
        before.append(value)
    elif not isinstance(before, dict):
        place[name] = [before, value]


@lru_cache(maxsize=4_096)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_STEP.findall(path))


def _json_of(text: str) -> object:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return tolerantly_decoded(text)
    except Malformed:
        return None
