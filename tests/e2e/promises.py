"""Each promise as a function: both sides in, what is wrong out, a line each. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from tests.e2e.matched import Evidence, reached

# States of a send that deny what a provider's ledger says.
DENIED = frozenset({"queued", "cancelled", "failed"})
# How long a STOP may lie on a topic, acknowledged and unread, while asks go out (decision 0015).
UNREAD = timedelta(seconds=10)
# States of a step, as the orchestrator has it, that somebody saw, or may have seen.
SEEN = frozenset({"with_sender", "sent", "delivered", "unknown"})


def one_decision_per_call(evidence: Evidence, told: Collection[str]) -> Iterator[str]:
    """`told`: the sources' names of the calls that were acknowledged to a PBX."""
    decided = Counter(evidence.tables.calls)
    for call in sorted(set(told) - decided.keys()):
        yield f"call {call} was told and is not decided"
    for call, count in decided.items():
        if count > 1:
            yield f"call {call} has {count} decisions"
        if told and call not in told:
            yield f"call {call} is decided, and nobody told it"
    counted = {row["interaction_id"] for row in evidence.tables.facts}
    missing = sum(call not in counted for call in evidence.tables.interactions)
    if missing or len(counted) != len(evidence.tables.interactions):
        yield f"{missing} decisions are not among the {len(counted)} facts"


def everybody_invited_is_accounted_for(evidence: Evidence) -> Iterator[str]:
    """Texted, or listed as unknown, or with a reason why not."""
    planned = {row["id"]: row for row in evidence.tables.invitations}
    of_invitation = {row["invitation_id"]: row for row in evidence.steps.values()}
    for invitation in evidence.tables.invited:
        if invitation not in planned:
            yield f"invitation {invitation} was decided and does not exist"
    for row in planned.values():
        ended = row["status"] in ("cancelled", "failed") and row["reason"]
        if of_invitation.get(row["id"]) is None and not ended:
            yield f"invitation {row['id']} is {row['status']} and has no send"
    for send, row in evidence.steps.items():
        state, taken = row["state"], send in evidence.accepted
        if reached(evidence, send) and state in DENIED:
            yield f"step {send} is {state}, and the carrier took it"
        elif not taken and state != "unknown" and not (state in DENIED and why_not(row)):
            yield f"step {send} is {state}, and the carrier never took it"


def no_invitation_is_seen_more_than_twice(evidence: Evidence) -> Iterator[str]:
    """By the orchestrator's own steps; each invitation has some."""
    tables = evidence.tables
    seen = Counter(row["invitation_id"] for row in tables.tries if row["state"] in SEEN)
    for invitation, count in seen.items():
        if count > 2:
            yield f"invitation {invitation} was seen {count} times"
    tried = {row["invitation_id"] for row in tables.tries}
    for row in tables.invitations:
        if row["id"] not in tried:
            yield f"invitation {row['id']} has no step"


def why_not(row: Any) -> str | None:
    """The stated reason why a send did not go out."""
    why: str | None = row["reason"] or row["failure"]
    return why if row["state"] in ("cancelled", "failed") else None


def not_sent(evidence: Evidence) -> Counter[str]:
    """Who was invited and got nothing, by the stated reason, wherever the ask was stopped."""
    steps = evidence.steps.values()
    had_step = {row["invitation_id"] for row in steps}
    stopped = [row for row in evidence.tables.invitations if row["id"] not in had_step]
    reasons = [*map(why_not, steps), *(row["reason"] for row in stopped)]
    return Counter(reason for reason in reasons if reason)


def no_claim_follows_a_stop(evidence: Evidence) -> Iterator[str]:
    """Every acknowledged STOP is in force on its channel, and nothing was claimed after it."""
    contacts = {(row["channel"], row["contact_id"]): row for row in evidence.tables.contacts}
    stopped: dict[Any, Any] = {}  # when a STOP was last acknowledged
    for one in evidence.said:
        for row in evidence.kept.get(one.sid, ())[:1] if one.stops else ():
            key = row["channel"], row["contact_id"]
            if key not in contacts or not contacts[key]["suppressed"]:
                yield f"{one.sid} said STOP, and its contact is not suppressed"
            stopped[key] = max(one.acknowledged_at, stopped.get(key, one.acknowledged_at))
    for row in evidence.tables.sends:
        key = row["channel"], row["contact_id"]
        known = contacts.get(key)
        if known is None or not known["suppressed"] or row["despite_stop"]:
            continue
        since = known["suppressed_at"]
        if row["kind"] == "step" and key in stopped:
            since = min(since, stopped[key] + UNREAD)
        if row["claimed_at"] and row["claimed_at"] > since:
            yield f"{row['kind']} {row['id']} was claimed after a STOP"
