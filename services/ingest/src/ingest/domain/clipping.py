"""A vendor's call within our bounds: one odd fact must not lose the call.

Who it was (`id`, `address`), how it ended and when are never touched: shortened, they would be
those of another call.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import isfinite
from typing import Any

from msgspec import structs

from common.events.calls import Leg
from common.events.values import EARLIEST, TOLERANCE
from ingest.domain.body import clean
from ingest.domain.call import Call

WORD, TEXT, SPELLING = 200, 4_000, 200
MANY = 50
LINKED = 10
MOST_TRANSFERS = 100
LONGEST = 7 * 86_400.0  # seconds
_WORDS = ("site", "region", "queue", "disposition", "language", "customer_name", "our_number")
_DURATIONS = ("wait_seconds", "talk_seconds", "hold_seconds")
_TIMES = ("started_at", "agent_answered_at")


def clipped(call: Call, now: datetime) -> Call:
    """Texts and lists cut to their lengths; impossible numbers and times left out."""
    facts: dict[str, Any] = {
        **{name: word(getattr(call, name)) for name in _WORDS},
        **{name: _seconds(getattr(call, name)) for name in _DURATIONS},
        **{name: _time(getattr(call, name), now) for name in _TIMES},
    }
    return replace(
        call,
        **facts,
        customer_id=_customer(call.customer_id),
        legs=tuple(_leg(leg) for leg in call.legs[:MANY]),
        transfers=max(0, min(MOST_TRANSFERS, call.transfers)),
        tags=_words(call.tags),
        recording_url=_url(call.recording_url),
        linked=tuple(one for one in call.linked if len(one) <= SPELLING)[:LINKED],
        attributes=_attributes(call.attributes),
    )


def word(text: str | None) -> str | None:
    """As long as a word may be; None when nothing is left of it."""
    return (clean(text).strip()[:WORD].strip() or None) if text else None


def _words(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for one in texts if (found := word(one))))[:MANY]


def _customer(text: str | None) -> str | None:
    """Too long, it is left out: the beginnings of two ids may be the same."""
    found = clean(text).strip() if text else ""
    return found if 0 < len(found) <= WORD else None


def _url(text: str | None) -> str | None:
    """Half an address leads nowhere: too long, it is left out."""
    found = clean(text).strip() if text else ""
    return found if 0 < len(found) <= TEXT else None


def _seconds(value: float | None) -> float | None:
    if value is None or not isfinite(value) or value < 0:
        return None
    return min(value, LONGEST)


def _time(value: datetime | None, now: datetime) -> datetime | None:
    """Aware and between 2000 and now, or none."""
    if value is None or value.tzinfo is None:
        return None
    return value if EARLIEST <= value <= now + TOLERANCE else None


def _leg(leg: Leg) -> Leg:
    words: dict[str, Any] = {
        name: word(getattr(leg, name)) for name in ("agent_id", "agent_name", "team", "queue")
    }
    return structs.replace(
        leg,
        **words,
        agent_tags=_words(leg.agent_tags),
        talk_seconds=_seconds(leg.talk_seconds),
    )


def _attributes(given: Mapping[str, str]) -> dict[str, str]:
    found = {word(name): clean(value)[:TEXT] for name, value in given.items()}
    return {name: value for name, value in list(found.items())[:MANY] if name}
