"""From values to HTML: templates, files that go with them, what every page shows around its own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from console.domain.filters import filter_of
from console.domain.pages import may_open, menu
from console.domain.people import Role
from console.renderer import charts, words


@dataclass(frozen=True, slots=True)
class File:
    """`digest` is part of its address."""

    content: bytes
    media_type: str
    digest: str


_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _files() -> dict[str, File]:
    found = {}
    for one in (resources.files(__package__) / "static").iterdir():
        content = one.read_bytes()
        media_type = _TYPES["." + one.name.rpartition(".")[2]]
        found[one.name] = File(content, media_type, hashlib.sha256(content).hexdigest()[:16])
    return found


FILES: Mapping[str, File] = _files()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around every page. `query`: the filter, which the menu carries on.

    `operator`: of every workspace; `workspaces`: that they can choose from, as far as known.
    """

    email: str
    role: Role
    operator: bool
    workspace: str | None
    workspaces: Sequence[str]
    query: Sequence[tuple[str, str]]
    theme: str
    form_secret: str

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What goes along from page to page: the filter, and what is compared."""
        own = [pair for pair in self.query if pair[0] == "compare"]
        return [*filter_of(self.query), *own]

    @property
    def menu(self) -> list[tuple[str, str, str]]:
        """Name, path, title."""
        return menu(self.role)

    def may_open(self, path: str) -> bool:
        return may_open(self.role, "GET", path)

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """An operator's workspace goes along in every address."""
        return [("workspace", self.workspace)] if self.operator and self.workspace else []

    def among(self, workspaces: Sequence[str]) -> "Frame":
        """Of these the first is shown, where none was chosen."""
        shown = self.workspace or next(iter(workspaces), None)
        return replace(self, workspaces=workspaces, workspace=shown)

    def href(self, path: str, query: Sequence[tuple[str, str]] = ()) -> str:
        pairs = [*query, *self.chosen]
        return f"{path}?{urlencode(pairs)}" if pairs else path


def _static(name: str) -> str:
    return f"/console/static/{FILES[name].digest}/{name}"


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("console.renderer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals |= {"static": _static, "charts": charts, "words": words}
    found.filters |= words.FILTERS
    return found


_ENVIRONMENT = _environment()


def html(template: str, *, request_theme: str, **values: Any) -> str:
    """A page of nobody: signing in, trouble."""
    return _ENVIRONMENT.get_template(template).render(theme=request_theme, **values)


def page(template: str, frame: Frame, *, here: str, **values: Any) -> str:
    """A page of somebody who is signed in; `here` is its place in the menu."""
    return _ENVIRONMENT.get_template(template).render(
        theme=frame.theme, frame=frame, here=here, **values
    )
