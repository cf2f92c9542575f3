"""What a source reports of a call (or ticket, or chat): our words, its own spelling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from pydantic import AfterValidator, Field

from common.errors import BadInput, FieldError
from common.events import parse
from common.events.calls import Leg
from common.events.values import (
    EARLIEST,
    TOLERANCE,
    Direction,
    Ending,
    Kind,
    Seconds,
    Text,
    Time,
    Word,
)

Spelling = Annotated[Text, Field(max_length=200)]
# "229" is no number of seconds: in the public body a wrong type is said, not guessed around.
Duration = Annotated[Seconds, Field(strict=True)]
Count = Annotated[int, Field(ge=0, le=100, strict=True)]
Flag = Annotated[bool, Field(strict=True)]


def _not_of_an_audience(kind: Kind) -> Kind:
    """Their pace and their being paused are looked at where they are brought."""
    if kind is Kind.AUDIENCE:
        raise ValueError("people of an audience are brought by /v1/audiences, not told as an event")
    return kind


Told = Annotated[Kind, AfterValidator(_not_of_an_audience)]
UNKNOWN_WORD = "vendor_ending"  # attribute: the vendor's word for an ending we do not know
TIMES = ("ended_at", "started_at", "agent_answered_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`data` of the public CloudEvent, and what every vendor adapter returns.

    `id` is the source's own name for the conversation. `address` is the customer's number (or
    e-mail address of a ticket or chat) as the source spells it; empty or `anonymous` when hidden.
    `direction` None: not said; it then follows from the two numbers. Legs are in time order.
    """

    id: Word
    kind: Told
    ending: Ending
    address: Spelling
    ended_at: Time
    direction: Direction | None = None
    our_number: Spelling | None = None
    site: Word | None = None
    region: Word | None = None
    queue: Word | None = None
    legs: Annotated[tuple[Leg, ...], Field(max_length=50)] = ()
    started_at: Time | None = None
    agent_answered_at: Time | None = None
    wait_seconds: Duration | None = None
    talk_seconds: Duration | None = None
    hold_seconds: Duration | None = None
    transfers: Count = 0
    tags: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    disposition: Word | None = None
    language: Word | None = None
    customer_id: Word | None = None
    customer_name: Word | None = None
    recording_url: Text | None = None
    linked: Annotated[tuple[Spelling, ...], Field(max_length=10)] = ()
    attributes: Annotated[dict[Word, Text], Field(max_length=50)] = field(default_factory=dict)
    do_not_survey: Flag = False
    test: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a source reports after the end. `revision` grows with time: its event's epoch in ms."""

    call: Call
    revision: int


def checked(call: Call) -> Call:
    """A vendor's call held to the bounds of the public body. Raises `BadInput`."""
    return parse(msgspec.to_builtins(call, builtin_types=(datetime,)), Call, at="call")


def check_times(call: Call, names: Sequence[str], *, at: str, now: datetime) -> None:
    """Raises `BadInput` for times that no call which is over can have; `at` is the path to it."""
    errors = [
        FieldError(f"{at}.{name}", why)
        for name in names
        if (time := getattr(call, name)) is not None and (why := _impossible(time, now))
    ]
    if errors:
        raise BadInput(errors)


def check_revision(revision: int | None, *, now: datetime) -> None:
    """Of an amendment, milliseconds. One of the future would be the last that counts.

    Raises `BadInput`.
    """
    if revision is None:
        return
    if revision > (now + TOLERANCE).timestamp() * 1000:
        raise BadInput.at("time", "lies in the future")
    if revision < EARLIEST.timestamp() * 1000:
        raise BadInput.at("time", f"is before {EARLIEST:%Y}")


def _impossible(time: datetime, now: datetime) -> str:
    if time > now + TOLERANCE:
        minutes = TOLERANCE // timedelta(minutes=1)
        return f"lies more than {minutes} minutes in the future"
    return f"is before {EARLIEST:%Y}" if time < EARLIEST else ""


def talked(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from one time to a later one; None when there is no such span."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def ending_of(word: str, known: Mapping[str, Ending]) -> tuple[Ending, dict[str, str]]:
    """Our word for a vendor's, and the attribute that keeps the vendor's where we have none."""
    ending = known.get(word)
    return (ending, {}) if ending else (Ending.UNKNOWN, {UNKNOWN_WORD: word})
