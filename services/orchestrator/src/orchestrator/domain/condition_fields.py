"""Where conditions find their fields: what an interaction tells, and what follows from it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from common.config.conditions import WEEKDAYS
from common.events.calls import Outline
from common.events.values import EARLIEST, Direction
from common.phone import line_type_of
from orchestrator.domain.attribution import country, queue_of
from orchestrator.domain.interaction_view import details_of

Word = Callable[[Outline], str | None]
Words = Callable[[Outline], Collection[str]]
Number = Callable[[Outline], float | None]


def _agents(interaction: Outline) -> Collection[str]:
    """Whoever took part, by id and by name."""
    told = (name for leg in interaction.legs for name in (leg.agent_id, leg.agent_name))
    return {name for name in told if name}


def _teams(interaction: Outline) -> Collection[str]:
    return {leg.team for leg in interaction.legs if leg.team}


def _agent_tags(interaction: Outline) -> Collection[str]:
    return {tag for leg in interaction.legs for tag in leg.agent_tags}


def _line_type(interaction: Outline) -> str | None:
    """None for what is no telephone number."""
    address = interaction.address
    return line_type_of(address) if address and address[0] == "+" else None


WORD: Mapping[str, Word] = {
    "kind": lambda one: one.kind,
    "ending": lambda one: one.ending,
    "direction": lambda one: one.direction or Direction.INBOUND,
    "number": lambda one: one.our_number,
    "queue": queue_of,
    "site": lambda one: details_of(one).site,
    "region": lambda one: details_of(one).region,
    "disposition": lambda one: details_of(one).disposition,
    "country": country,
    "line_type": _line_type,
    "language": lambda one: one.language,
    "source": lambda one: one.source,
}
WORDS: Mapping[str, Words] = {
    "agent": _agents,
    "team": _teams,
    "agent_tags": _agent_tags,
    "tags": lambda one: one.tags,
}
NUMBER: Mapping[str, Number] = {
    "talk_seconds": lambda one: one.talk_seconds,
    "wait_seconds": lambda one: details_of(one).wait_seconds,
    "hold_seconds": lambda one: details_of(one).hold_seconds,
    "transfers": lambda one: details_of(one).transfers,
}


def _local(interaction: Outline, zone: ZoneInfo) -> datetime:
    """The first days of the calendar have no local time everywhere."""
    return max(interaction.ended_at, EARLIEST).astimezone(zone)


def hour_in(zone: ZoneInfo) -> Number:
    """0 to 23, of when it ended."""
    return lambda one: _local(one, zone).hour


def weekday_in(zone: ZoneInfo) -> Word:
    return lambda one: WEEKDAYS[_local(one, zone).weekday()]


def attribute(name: str) -> Word:
    return lambda one: details_of(one).attributes.get(name)
