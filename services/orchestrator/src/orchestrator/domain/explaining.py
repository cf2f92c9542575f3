"""What a finding says, as data: read back from its words, so that deciding pays nothing for it.

The words are those of the guards; a finding whose words are others (of a version to come, or of one
long ago) has no data.
"""

import re
from collections.abc import Mapping
from typing import Any

from common.events.decisions import Decision, Finding, Reason
from common.events.reasons import REASONS

_WHOM = (
    r"(?: for the (?P<by>agent|team|queue) (?P<name>.+)| where no (?P<untold>agent|team|queue) was"
    r" told)?"
)
_AIM = (
    r"(?:: (?P<answers>[\d.]+) of (?P<aim>\d+) answers (?:this )?(?P<per>today|week)"
    + _WHOM
    + r", (?P<open>\d+) asks open, (?P<answered>[\d.]+) answered,"
    r" (?:unknown|(?P<to_come>\d+)) calls to come)?"
)
_CAP = (
    r"(?P<used>\d+) of (?P<asks>\d+) asks(?: of (?P<metric>(?!the survey )\w+))?"
    r"(?: of the survey (?P<survey>[\w-]+))?(?P<of_flow> by this flow)? in (?P<per>\d+[dhms])"
)
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    guard: re.compile(pattern, re.ASCII)
    for guard, pattern in {
        Reason.TOO_OLD: r"ended (?P<ended_at>\S+), limit (?P<limit>\S+)",
        Reason.BEFORE_FLOW_ENABLED: r"ended (?P<ended_at>\S+), enabled (?P<enabled_since>\S+)",
        Reason.IN_THE_FUTURE: r"ends (?P<ended_at>\S+)",
        Reason.NOT_CONNECTED: r"ended as (?P<ending>\w+)",
        Reason.NO_FLOW: (
            r"(?P<direction>\w+) (?P<kind>\w+), (?P<ending>\w+)(?:, queue (?P<queue>.+?))?"
            r"(?:; unreadable: (?P<unreadable>.+))?"
        ),
        Reason.COUNTRY_NOT_ALLOWED: r"country (?P<country>\w+)",
        Reason.TALK_TIME: (
            r"talked(?P<at_most> at most)? (?P<talk_seconds>\S+)s, at least (?P<least_seconds>\S+)s"
        ),
        Reason.OPTED_OUT: (
            r"opted out of (?P<channel>\w+)(?: or of all channels|, which counts for all channels)"
        ),
        Reason.DO_NOT_CONTACT: (
            r"on the do-not-contact list (?P<list>[\w-]+), loaded (?P<loaded>[\d-]+)"
            r"(?:, by another address of theirs)?"
        ),
        Reason.NO_CONSENT: (
            r"(?P<channel>\w+) needs a yes(?: in (?P<country>\w\w))?, (?P<given>given|none given)"
        ),
        Reason.CONSENT_EXPIRED: (
            r"(?P<channel>\w+) needs a yes of the last (?P<expires_after>\w+) in (?P<country>\w\w),"
            r" given (?:(?P<given_at>[\d:TZ-]+)|nobody knows when)"
        ),
        Reason.UNREACHABLE: (
            r"no (?P<channel>\w+) reaches this number, said a provider on (?P<since>\S+)"
        ),
        Reason.SAMPLED_OUT: (
            r"drew (?P<drawn>[\d.]+) of (?:1 in (?P<one_in>\d+)|(?P<rate>[\d.e-]+))" + _AIM
        ),
        Reason.FREQUENCY_CAP: _CAP,
        Reason.SHARED_CAP: _CAP + _WHOM,
        Reason.DAILY_CEILING: r"(?P<used>\d+) of (?P<asks>\d+) asks today",
        Reason.PREFIX_CEILING: (
            r"(?P<used>\d+) of (?P<asks>\d+) asks this hour to (?P<prefix>\+\d+)…"
        ),
        Reason.QUOTA: (
            r"(?P<used>\d+) of (?P<asks>\d+) asks by this flow (?:this )?(?P<per>hour|today|week)"
            + _WHOM
        ),
        Reason.NO_SENDER: r"no (?P<channel>\w+) sender for (?:(?P<country>[A-Z]{2})|this contact)",
        Reason.CLOSED: r"(?:never open|closed until (?P<until>\S+)), (?P<hours>\S+)",
    }.items()
}
_WHOLE = frozenset({"used", "asks", "one_in", "aim", "open", "to_come"})
_NUMBERS = frozenset({"talk_seconds", "least_seconds", "drawn", "rate", "answers", "answered"})
_FLAGS = frozenset({"at_most", "of_flow"})


def data_of(finding: Finding) -> list[dict[str, Any]]:
    """One for each rule that it used: a workspace may have several caps."""
    pattern = _PATTERNS.get(finding.guard)
    if pattern is None:
        return []
    several = finding.guard in (Reason.FREQUENCY_CAP, Reason.SHARED_CAP, Reason.QUOTA)
    parts = re.split(r"; (?=\d+ of )", finding.fact) if several else [finding.fact]
    found = [pattern.fullmatch(part) for part in parts]
    return [_typed(match.groupdict()) for match in found if match]


def sentence(decision: Decision) -> str:
    """The verdict, for people."""
    if decision.reason is None:
        return f"asked by the flow {decision.flow_id}, by {decision.channel}"
    refused = next((one.fact for one in decision.findings if one.refused), "")
    why = REASONS[decision.reason]
    return f"not asked: {why} ({refused})" if refused else f"not asked: {why}"


def _typed(told: Mapping[str, str | None]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in told.items():
        if name in _FLAGS:
            typed[name] = value is not None
        elif name == "given":
            typed[name] = value == "given"
        elif name == "untold" and value is not None:
            typed |= {"by": value, "name": None}
        elif value is not None:
            typed[name] = _number(name, value)
    return typed


def _number(name: str, value: str) -> Any:
    if name in _WHOLE:
        return int(value)
    if name in _NUMBERS:
        return float(value)
    return "day" if (name, value) == ("per", "today") else value
