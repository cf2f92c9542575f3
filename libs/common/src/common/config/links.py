"""Links that people are told after they answered: where they lead, and what for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from common.config.fields import STRICT
from common.events.enumeration import OpenEnum

PREFIX = "link_"  # of the variable that a text names a link by
LONGEST_URL = 500  # characters


class LinkKind(OpenEnum):
    REVIEW = "review"  # in public: told to everybody alike, unless the survey says otherwise
    FORM = "form"  # such as that of a grievance
    PAGE = "page"
    UNKNOWN = "unknown"


def _target(value: str) -> str:
    """It becomes a header as it is, so it is plain ASCII; nobody is signed in by a link."""
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("an address is written https://example.com/path, in ASCII")
    if "@" in parts.netloc:
        raise ValueError("an address names no user")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where it leads. Texts name it `{link_ID}`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(_target)]
    kind: LinkKind


LinkId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


def variable(link: str) -> str:
    return PREFIX + link
