"""Nobody is asked twice, on one channel or over all of them, nor more often than a cap says."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from common.ids import step_id
from tests.e2e.matched import Evidence, is_reminder, reached

# Until an answer on one channel is known on the others, whatever dies in between.
KNOWN_ELSEWHERE = timedelta(seconds=60)


def nobody_is_asked_twice(evidence: Evidence) -> Iterator[str]:
    """Per send, and per (contact, call), over all channels.

    A second time only as the reminder of the same ask, or as what its plan tries next.
    """
    for send, requests in evidence.accepted.items():
        row = evidence.steps.get(send) or evidence.replies.get(send) if send else None
        if row is None:
            yield f"{len(requests)} accepted requests for {send}, which is no send of ours"
            continue
        if len(requests) > 1:
            yield f"send {send} was accepted {len(requests)} times"
        if {one.channel for one in requests} != {row["channel"]}:
            yield f"send {send} of {row['channel']} went out by another channel"
    yield from _once_per_call(evidence)
    yield from _fallbacks_follow(evidence)


def _once_per_call(evidence: Evidence) -> Iterator[str]:
    for (contact, call), count in asks_per_call(evidence).items():
        if count > 1:
            yield f"contact {contact} was asked {count} times about call {call}"
    for (contact, call), count in asks_per_call(evidence, reminders=True).items():
        if count > 1:
            yield f"contact {contact} was reminded {count} times of call {call}"
    for send, row in evidence.steps.items():
        if is_reminder(row) and send in evidence.accepted:
            asked = step_id(row["invitation_id"], row["continues"])
            of_it = step_id(row["invitation_id"], row["number"])
            if send != of_it or asked not in evidence.accepted:
                yield f"reminder {send} continues no ask that the carrier took"


def _fallbacks_follow(evidence: Evidence) -> Iterator[str]:
    """Each tries what an earlier step of its invitation did not reach, or nobody answered."""
    earlier: dict[UUID, list[UUID]] = {}
    for send, row in evidence.steps.items():
        if send in evidence.accepted or row["state"] == "unknown":
            earlier.setdefault(row["invitation_id"], []).append(send)
    answered = _first_answers(evidence)
    for send, row in evidence.steps.items():
        if row["step_kind"] != "fallback" or send not in evidence.accepted:
            continue
        for before in earlier[row["invitation_id"]]:
            known = evidence.steps[before]
            if known["number"] < row["number"] and known["state"] == "unknown":
                yield f"fallback {send} went out, and {before} may have gone out, too"
        at = answered.get(row["invitation_id"])
        if at is not None and row["claimed_at"] > at + KNOWN_ELSEWHERE:
            yield f"fallback {send} was claimed though the person had answered"


def _first_answers(evidence: Evidence) -> dict[UUID, datetime]:
    """By invitation, when the platform first said that it has what is an answer."""
    told = {one.sid: one.acknowledged_at for one in reversed(evidence.said)}
    found: dict[UUID, datetime] = {}
    for asking in evidence.asks:
        at = told.get(asking.asked.rated_by or "")
        if at is not None and asking.invitation is not None:
            found[asking.invitation] = min(at, found.get(asking.invitation, at))
    return found


def caps_hold(evidence: Evidence, most: int) -> Iterator[str]:
    """What may have reached a person counts as what did; one invitation takes one slot."""
    out = {
        (row["contact_id"], row["invitation_id"])
        for send, row in evidence.steps.items()
        if not is_reminder(row) and (row["state"] == "unknown" or reached(evidence, send))
    }
    for contact, count in Counter(contact for contact, _ in out).items():
        if count > most:
            yield f"contact {contact} was asked {count} times"


def asks_per_call(evidence: Evidence, *, reminders: bool = False) -> Counter[tuple[UUID, UUID]]:
    """Accepted requests per (contact, interaction), of asks or of reminders.

    What an invitation tries on another channel, or again after nobody was reached, is the same
    ask; `nobody_is_asked_twice` looks at it by itself.
    """
    found: Counter[tuple[UUID, UUID]] = Counter()
    for send, requests in evidence.accepted.items():
        row = evidence.steps.get(send) if send else None
        wanted = "reminder" if reminders else "ask"
        if row is not None and row["step_kind"] == wanted:
            found[row["contact_id"], row["interaction_id"]] += len(requests)
    return found
