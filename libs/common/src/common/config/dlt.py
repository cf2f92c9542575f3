"""India: what is registered with the operators (DLT), without which they drop a text unseen.

A text must be a registered template of its header, letter by letter, but for its variables. Which
template a text is, is found as the operators find it: by its words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from common.config.fields import STRICT
from common.config.registered import TAGS, VARIABLE, Reading, Registered

INDIA = "IN"
MOST_TEMPLATES = 500
MOST_VARIABLES = 40  # of a template
MOST_VARIABLES_IN_ALL = 4_000  # of an account that is written
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3,6}$")]
RegisteredId = Annotated[str, Field(pattern=r"^\d{10,25}$")]

KNOWN_TAGS = ", ".join(f"{{#{tag}#}}" for tag in TAGS)
_KEPT = 32  # of accounts' templates, as they are held against texts


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
        return self.registered.template_of(Reading(text), header)

    @property
    def registered(self) -> Registered[DltTemplate]:
        """The templates as texts are held against them."""
        return _registered(_Same(self))

    @property
    def variables(self) -> int:
        """Of all templates together: what a text is held against takes time by them."""
        return sum(len(VARIABLE.findall(one.text)) for one in self.templates)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """By identity: to compare hundreds of templates would take longer than to look at them."""

    dlt: Dlt

    def __hash__(self) -> int:
        return id(self.dlt)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.dlt is self.dlt


@lru_cache(maxsize=_KEPT)
def _registered(same: _Same) -> Registered[DltTemplate]:
    return Registered(same.dlt.templates)


def wrong_variables(text: str) -> Iterator[str]:
    """What is wrong with the variables of a template, a sentence each."""
    tags = VARIABLE.findall(text)
    for tag in dict.fromkeys(tags):
        if tag not in TAGS:
            yield f"{{#{tag}#}} is no variable of DLT; there are {KNOWN_TAGS}"
    if len(tags) > MOST_VARIABLES:
        yield f"has more than {MOST_VARIABLES} variables"
    if "{#" in (rest := VARIABLE.sub("", text)) or "#}" in rest:
        yield "a brace is left over; a variable is written {#var#}"
