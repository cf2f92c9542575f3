"""Events and decisions in the words of the terminal."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from aftercall.event_check import EventCheck
from common.events.calls import Interaction
from common.events.decisions import Decision, Finding, Verdict
from common.events.reasons import REASONS
from ingest.domain.vendor import NoEnd

NO_END: Mapping[str, str] = {
    NoEnd.GOING_ON: "understood, and it reports no interaction that ended",
    NoEnd.OTHER_LEG: "another leg of the same call reports its end",
    NoEnd.NOT_SELECTED: "the source's mapping does not take it for an end (`when`)",
    NoEnd.UNJUDGED: "the adapter does not know this event: it may have been an end",
}
_SHOWN_BEFORE = {"id", "workspace", "kind", "source", "call_id", "contact_id", "address_problem"}
ONLY_LIVE = (
    "Consent, caps and the daily ceiling are known on the live platform alone:"
    " this is the verdict for somebody who was never asked and never said no."
)


def describe_check(check: EventCheck) -> Iterator[tuple[str, str | None]]:
    """Lines and their colours."""
    yield from _mapped(check)
    if check.refused is not None:
        yield "REFUSED: the platform would take nothing of it", "red"
        for error in check.refused.errors:
            yield f"  {error.field or 'the body'}: {error.message}", "red"
            if (value := check.value_at(error.field)) is not None:
                yield f"      sent: {value}", None
    elif check.taken is None:
        yield f"IGNORED: {NO_END.get(check.no_end or '', NO_END[NoEnd.GOING_ON])}", "yellow"
    else:
        yield "UNDERSTOOD", "green"
        yield from ((f"  {line}", None) for line in _understood(check.taken.report.interaction))
    if check.unread:
        yield f"  nobody reads: {', '.join(check.unread)}", "yellow"
    if check.taken and check.taken.settle:
        window = check.taken.settle
        yield f"  other parts of it are awaited for {window} before it is published", "yellow"
    if check.decision:
        yield from describe_decision(check.decision)
    elif check.taken:
        yield "NOT DECIDED: an amendment changes what is known, nobody is asked because of it", None


def facts(check: EventCheck) -> dict[str, Any]:
    """The same for programs."""
    errors = check.refused.errors if check.refused else ()
    return {
        "taken": check.taken is not None,
        "interaction": check.taken and msgspec.to_builtins(check.taken.report.interaction),
        "decision": check.decision and msgspec.to_builtins(check.decision),
        "ignored": NO_END.get(check.no_end or "") if check.taken is None else None,
        "errors": [{"field": one.field, "message": one.message} for one in errors],
        "unread": list(check.unread),
    }


def _mapped(check: EventCheck) -> Iterator[tuple[str, str | None]]:
    """How the source's mapping reads it, a line for each field."""
    if check.steps:
        yield "By the source's mapping:", None
    for step in check.steps:
        yield f"  {step.field} <- {step.said}", "yellow" if step.wrong else None


def describe_decision(decision: Decision) -> Iterator[tuple[str, str | None]]:
    if decision.verdict is Verdict.INVITE:
        yield (
            f"ASKED by the flow {decision.flow_id}, by {decision.channel}: {_plan(decision)}",
            "green",
        )
        for one in decision.passed_over:
            yield f"  passed over {one.channel}: {one.reason}", None
    else:
        reason = str(decision.reason)
        facts = "; ".join(one.fact for one in decision.findings if one.refused)
        flow = f" (flow {decision.flow_id})" if decision.flow_id else ""
        yield f"NOT ASKED, {reason}: {REASONS.get(reason, reason)}: {facts}{flow}", "yellow"
    for finding in decision.findings:
        if not finding.refused:
            yield f"  passed {_passed(finding)}", None
    if decision.lost_flows:
        yield f"  also fitting, of lower priority: {', '.join(decision.lost_flows)}", None
    if decision.test:
        yield "  a test: it is asked and counted nowhere", None


def _plan(decision: Decision) -> str:
    due = decision.due_at or decision.decided_at
    when = "at once" if due <= decision.decided_at else f"at {_time(due)}"
    return f"survey {decision.survey_id} ({decision.metric}), {when}"


def _passed(finding: Finding) -> str:
    return f"{finding.guard}: {finding.fact}"


def _understood(one: Interaction) -> Iterator[str]:
    """What the source reports, and what follows from it; defaults are left out."""
    yield f"{one.kind} {one.call_id} of {one.source}, workspace {one.workspace}, id {one.id}"
    if one.address is None:
        yield f"address: {one.address_problem}, so nobody can be asked"
    for name, value in msgspec.to_builtins(one, builtin_types=(datetime,)).items():
        if name not in _SHOWN_BEFORE and value is not None:
            yield f"{name}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
