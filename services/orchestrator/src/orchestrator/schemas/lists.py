"""Bodies about do-not-contact lists."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from common.config.fields import STRICT, Country

MOST_AT_ONCE = 20_000  # addresses in one request
Written = Annotated[str, Field(max_length=300)]  # an address, as somebody wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressesBody:
    """Numbers in E.164 (or as they are written in `region`) and e-mail addresses."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    addresses: Annotated[tuple[Written, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    region: Country | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBody:
    """`loaded_at`: when it was replaced last, or made."""

    id: str
    entries: int
    loaded_at: datetime
    loaded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsBody:
    lists: tuple[ListBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadState:
    """It can be finished, and never be begun again."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    finished: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAddress:
    """`row`: its place among the addresses of the request, from 0."""

    row: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressesTaken:
    """`stored`: those who were not on it; of a removal, those who were."""

    stored: int
    errors: tuple[WrongAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTaken:
    """As of other addresses, and which `load` they are a part of."""

    load: int
    stored: int
    errors: tuple[WrongAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFinished:
    """`entries`: people on the list now."""

    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryBody:
    contact_id: UUID
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesBody:
    """`next_cursor` is the `cursor` of the following page; null: this is the last."""

    entries: tuple[EntryBody, ...]
    next_cursor: UUID | None
