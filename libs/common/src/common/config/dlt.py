"""India: what is registered with the operators (DLT), without which they drop a text unseen.

A text must be a registered template of its header, letter by letter, but for its variables. Which
template a text is, is found as the operators find it: by its words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from common.config.fields import STRICT

INDIA = "IN"
MOST_TEMPLATES = 500
MOST_VARIABLES = 40
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3,6}$")]
RegisteredId = Annotated[str, Field(pattern=r"^\d{10,25}$")]

_VARIABLE = re.compile(r"\{#([a-z]{1,20})#\}")
# By its tag: how long a value may be, and what it may be made of. The plain one is the oldest.
_TAGS: dict[str, tuple[int, re.Pattern[str]]] = {
    "var": (30, re.compile(r"[^\n]")),
    "numeric": (30, re.compile(r"[0-9]")),
    "number": (30, re.compile(r"[0-9]")),
    "alphanumeric": (40, re.compile(r"[^\W_]|[ \u0900-\u0dff]")),  # and the signs of Indic scripts
    "url": (120, re.compile(r"\S")),
    "urlott": (120, re.compile(r"\S")),
    "cbn": (30, re.compile(r"[0-9+ -]")),
    "email": (60, re.compile(r"\S")),
}
KNOWN_TAGS = ", ".join(f"{{#{tag}#}}" for tag in _TAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DltTemplate:
    """`text` as it is registered for `header`, with its variables, such as `{#var#}`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: RegisteredId
    header: Header
    text: Annotated[str, Field(min_length=1, max_length=2_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dlt:
    """What is registered in India: the principal entity's id, and the templates."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    entity: RegisteredId
    templates: Annotated[tuple[DltTemplate, ...], Field(min_length=1, max_length=MOST_TEMPLATES)]

    def template_of(self, text: str, header: str) -> DltTemplate | None:
        """None: it is not registered for this header, and would not arrive."""
        own = (one for one in self.templates if one.header == header)
        return next((one for one in own if is_filled(one.text, text)), None)


def wrong_variables(text: str) -> Iterator[str]:
    """What is wrong with the variables of a template, a sentence each."""
    tags = _VARIABLE.findall(text)
    for tag in dict.fromkeys(tags):
        if tag not in _TAGS:
            yield f"{{#{tag}#}} is no variable of DLT; there are {KNOWN_TAGS}"
    if len(tags) > MOST_VARIABLES:
        yield f"has more than {MOST_VARIABLES} variables"
    if "{#" in (rest := _VARIABLE.sub("", text)) or "#}" in rest:
        yield "a brace is left over; a variable is written {#var#}"


def is_filled(template: str, text: str) -> bool:
    """Whether the text is this template with a value for each variable.

    Every place up to which the text may have been read so far is followed at once: templates are
    written by customers, and no text may take long.
    """
    places = {0}
    for tag, words in _parts(template):
        if tag is None:
            places = {at + len(words) for at in places if text.startswith(words, at)}
        else:
            places = {end for at in places for end in _ends(tag, text, at)}
        if not places:
            return False
    return len(text) in places


def _ends(tag: str, text: str, start: int) -> Iterator[int]:
    """After each value that it may have there: one character or more."""
    longest, characters = _TAGS[tag]
    for end in range(start, min(len(text), start + longest)):
        if not characters.match(text[end]):
            return
        yield end + 1


@lru_cache(maxsize=MOST_TEMPLATES)
def _parts(template: str) -> tuple[tuple[str | None, str], ...]:
    """Words and variables in turn; a variable that there is not is words."""
    parts: list[tuple[str | None, str]] = []
    at = 0
    for match in _VARIABLE.finditer(template):
        if match[1] in _TAGS:
            parts += [(None, template[at : match.start()]), (match[1], "")]
            at = match.end()
    return (*parts, (None, template[at:]))
