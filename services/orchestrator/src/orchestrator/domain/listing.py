"""Addresses of a do-not-contact list, as they are written in files, and what is wrong with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from common.ids import contact_id
from common.phone import UNREADABLE, normalised

LONGEST = 254  # characters, of an e-mail address


@dataclass(slots=True)
class ReadAddresses:
    """`people` by contact; `errors` by place."""

    people: dict[UUID, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


def read_addresses(
    told: Iterable[str], *, pepper: bytes, workspace: str, region: str | None
) -> ReadAddresses:
    """`region`: ISO 3166 country of national spellings."""
    found = ReadAddresses()
    for place, raw in enumerate(told):
        address = address_of(raw, region)
        if address is None:
            found.errors[place] = (
                UNREADABLE
                if region is None
                else f"neither a number, as it is written in {region} or abroad, nor an e-mail"
            )
        else:
            found.people[contact_id(pepper, workspace, address)] = address
    return found


def address_of(raw: str, region: str | None) -> str | None:
    text = raw.strip()
    if "@" in text:
        local, _, domain = text.rpartition("@")
        fits = local and "." in domain and " " not in text and len(text) <= LONGEST
        return text.lower() if fits else None
    return normalised(text, region)
