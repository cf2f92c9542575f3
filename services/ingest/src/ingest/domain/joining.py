"""Several reports of one interaction become one: for sources that report a call in parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import structs

from common.events.calls import Interaction, Leg
from common.events.values import Ending
from common.ids import derived
from ingest.domain.interaction import Report

# Facts that a later part may leave out without taking them back: the last one given holds.
_LAST_GIVEN = tuple(
    f.name
    for f in structs.fields(Interaction)
    if f.name
    not in {"id", "workspace", "ending", "ended_at", "started_at", "agent_answered_at", "legs"}
    | {"talk_seconds", "transfers", "tags", "linked", "attributes", "do_not_survey", "test"}
)


class CallKey(NamedTuple):
    """Whose call, and which: what every row of it is found by."""

    workspace: str
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class Part:
    """A report as it is kept until its call is closed; `id` is that of its content."""

    id: UUID
    report: Report

    @property
    def call(self) -> CallKey:
        """The call that it is of."""
        return CallKey(self.report.interaction.workspace, self.report.interaction.id)


def part(report: Report) -> Part:
    """The same report always is the same part, whatever the order of its keys, and its trace."""
    content = msgspec.json.encode(replace(report, traceparent=None), order="sorted").decode()
    return Part(derived("part", content), report)


def first_trace(parts: Sequence[Part]) -> str | None:
    """Of the first part that had any: that is the request that a person follows."""
    return next((p.report.traceparent for p in parts if p.report.traceparent), None)


def joined(parts: Sequence[Part]) -> Interaction:
    """One interaction out of its parts, given as they arrived: that breaks ties of their times."""
    reports = [p.report for p in sorted(parts, key=_order)]
    whole = [report.interaction for report in reports]
    ended = [report.interaction for report in reports if report.revision is None]
    legs = _legs(reports)
    latest: dict[str, Any] = {
        name: value
        for name in _LAST_GIVEN
        for interaction in whole
        if (value := getattr(interaction, name)) is not None
    }
    if address := latest.get("address"):
        latest["address_problem"] = next(i.address_problem for i in whole if i.address == address)
    return structs.replace(
        whole[-1],
        **latest,
        ending=_ending(ended or whole),
        ended_at=max(interaction.ended_at for interaction in ended or whole),
        started_at=_earliest(interaction.started_at for interaction in whole),
        agent_answered_at=_earliest(interaction.agent_answered_at for interaction in whole),
        legs=legs,
        talk_seconds=_talk(legs, whole),
        transfers=max(len(legs) - 1, *(interaction.transfers for interaction in whole)),
        tags=_tags(reports),
        linked=_each(address for i in whole for address in i.linked),
        attributes={k: v for i in whole for k, v in i.attributes.items()},
        do_not_survey=any(interaction.do_not_survey for interaction in whole),
        test=any(interaction.test for interaction in whole),
    )


def _order(part: Part) -> tuple[int, datetime]:
    """Ends by their time, then amendments by theirs."""
    return (part.report.revision or 0, part.report.interaction.ended_at)


def _ending(ended: Sequence[Interaction]) -> Ending:
    """An agent and the person talked if they did so in any part; else the last part's word."""
    endings = [interaction.ending for interaction in ended]
    return Ending.CONNECTED if Ending.CONNECTED in endings else endings[-1]


def _legs(reports: Sequence[Report]) -> tuple[Leg, ...]:
    """Ends bring legs; an amendment, which knows the whole call, replaces them."""
    legs: tuple[Leg, ...] = ()
    talked = any(report.interaction.ending is Ending.CONNECTED for report in reports)
    for report in reports:
        if report.revision is None:
            if talked and report.interaction.ending is not Ending.CONNECTED:
                continue  # whoever it rang at
            legs = _each((*legs, *report.interaction.legs))
        elif report.interaction.legs:
            legs = report.interaction.legs
    return legs[:50]


def _tags(reports: Sequence[Report]) -> tuple[str, ...]:
    tags: tuple[str, ...] = ()
    for report in reports:
        added = report.interaction.tags
        if report.revision is None:
            tags = _each((*tags, *added))
        elif added or report.interaction.ending is not Ending.UNKNOWN:
            tags = added  # an amendment without an ending knows but what it says
    return tags[:50]


def _talk(legs: Sequence[Leg], whole: Sequence[Interaction]) -> float | None:
    """The legs' talk where each of several has its own, else the longest that was reported."""
    spoken = [leg.talk_seconds for leg in legs if leg.talk_seconds is not None]
    if len(legs) > 1 and len(spoken) == len(legs):
        return sum(spoken)
    return max((i.talk_seconds for i in whole if i.talk_seconds is not None), default=None)


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _each(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
