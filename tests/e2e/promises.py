"""Each promise as a function: both sides in, what is wrong out, a line each. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.events.responses import Response
from common.ids import response_id, step_id
from sandbox.ledger import CreateRequest, Entry, Reply, acknowledged_replies, only
from sandbox.truth import Asked, recompute
from sandbox.wording import OptOut, keyword
from tests.e2e.evidence import Tables

# States of a send that deny what a carrier's ledger says.
DENIED = frozenset({"queued", "cancelled", "failed"})
# States of a step, as the orchestrator has it, that somebody saw, or may have seen.
SEEN = frozenset({"with_sender", "sent", "delivered", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The carrier's ledger and the platform's tables, put together by the id of each send."""

    tables: Tables
    published: Mapping[UUID, Response] | None  # highest revisions; None: the topics were not read
    steps: Mapping[UUID, Any]  # rows of sends, of asks and reminders
    replies: Mapping[UUID, Any]  # rows of sends, of what we wrote back
    accepted: Mapping[UUID | None, Sequence[CreateRequest]]
    asks: Sequence[tuple[Asked, UUID | None]]  # as the person saw it; the interaction
    texts: Sequence[Reply]  # of people, acknowledged
    kept: Mapping[str, Any]  # rows of the inbox, of people's texts, by their sid


def evidence(
    tables: Tables, entries: Sequence[Entry], published: Mapping[UUID, Response] | None
) -> Evidence:
    steps = {row["id"]: row for row in tables.sends if row["kind"] == "step"}
    replies = {row["id"]: row for row in tables.sends if row["kind"] == "follow_up"}
    accepted: dict[UUID | None, list[CreateRequest]] = {}
    of_sid: dict[str, UUID | None] = {}
    no_asks = {*replies, *_reminders(steps)}
    again: set[str] = set()
    for request in only(entries, CreateRequest):
        if request.accepted:
            send = send_id(request)
            accepted.setdefault(send, []).append(request)
            of_sid[request.sid or ""] = steps[send]["interaction_id"] if send in steps else None
            if send in no_asks:
                again.add(request.sid or "")
    return Evidence(
        tables=tables,
        published=published,
        steps=steps,
        replies=replies,
        accepted=accepted,
        asks=[(ask, of_sid.get(ask.sid)) for ask in recompute(entries, again=again).asks],
        texts=acknowledged_replies(entries),
        kept={row["message_id"]: row for row in tables.messages},
    )


def _reminders(steps: Mapping[UUID, Any]) -> set[UUID]:
    return {send for send, row in steps.items() if row["reminder"]}


def send_id(request: CreateRequest) -> UUID | None:
    """Which of our sends it was: the last part of the status callback's path."""
    try:
        return UUID(request.status_callback.rpartition("/")[2])
    except ValueError:
        return None


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


def nobody_is_texted_twice(evidence: Evidence) -> Iterator[str]:
    """Per send, and per (contact, call); a second time only as the reminder of the same ask."""
    for send, requests in evidence.accepted.items():
        if send not in evidence.steps and send not in evidence.replies:
            yield f"{len(requests)} accepted requests for {send}, which is no send of ours"
        elif len(requests) > 1:
            yield f"send {send} was accepted {len(requests)} times"
    for (contact, call), count in asks_per_call(evidence).items():
        if count > 1:
            yield f"contact {contact} was asked {count} times about call {call}"
    for (contact, call), count in asks_per_call(evidence, reminders=True).items():
        if count > 1:
            yield f"contact {contact} was reminded {count} times of call {call}"
    for send in _reminders(evidence.steps) & evidence.accepted.keys():
        row = evidence.steps[send]
        asked = step_id(row["invitation_id"], row["continues"])
        if send != step_id(row["invitation_id"], row["number"]) or asked not in evidence.accepted:
            yield f"reminder {send} continues no ask that the carrier took"


def caps_hold(evidence: Evidence, most: int) -> Iterator[str]:
    """What may have reached a person counts as what did; reminders take no slot."""
    out = Counter(
        row["contact_id"]
        for send, row in evidence.steps.items()
        if not row["reminder"] and (row["state"] == "unknown" or send in evidence.accepted)
    )
    for contact, count in out.items():
        if count > most:
            yield f"contact {contact} was asked {count} times"


def asks_per_call(evidence: Evidence, *, reminders: bool = False) -> Counter[tuple[UUID, UUID]]:
    """Accepted requests per (contact, interaction), of asks or of reminders."""
    found: Counter[tuple[UUID, UUID]] = Counter()
    for send, requests in evidence.accepted.items():
        row = evidence.steps.get(send) if send else None
        if row is not None and row["reminder"] is reminders:
            found[row["contact_id"], row["interaction_id"]] += len(requests)
    return found


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
        if taken and state in DENIED:
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


def every_text_is_kept(evidence: Evidence) -> Iterator[str]:
    """What was acknowledged is stored once, and worked off."""
    for text in evidence.texts:
        if text.sid not in evidence.kept:
            yield f"text {text.sid} was acknowledged and is not stored"
        elif evidence.kept[text.sid]["done_at"] is None:
            yield f"text {text.sid} was acknowledged and never read"


def every_answer_is_counted_once(evidence: Evidence) -> Iterator[str]:
    """As people gave it, as the dialogue has it, as it was published, as it is counted."""
    facts = {row["interaction_id"]: row for row in evidence.tables.facts}
    scored = set()
    for ask, call in evidence.asks:
        if call is None or call in scored:
            yield f"{ask.person[:5]}… was asked by {ask.sid}, which is no first ask of a call"
            continue
        scored.add(call)
        counted = facts[call]["score"] if call in facts else None
        if counted != ask.score and not in_another_order(ask, counted, evidence.kept):
            yield f"call {call}: the person gave {ask.score}, counted is {counted}"
    for call, fact in facts.items():
        if fact["score"] is not None and call not in scored:
            yield f"call {call}: {fact['score']} is counted, and nobody gave it"
        yield from _as_told(evidence, fact)
    for row in evidence.tables.messages:
        of_answer = evidence.tables.responses.get(row["response_id"])
        if row["outcome"] == "answer" and (
            of_answer is None or of_answer.revision < row["response_revision"]
        ):
            yield f"text {row['message_id']} is an answer that no dialogue has"


def in_another_order(ask: Asked, counted: float | None, kept: Mapping[str, Any]) -> bool:
    """Whether the person was asked again, and gave this, before their first rating was read.

    It had been acknowledged, and waited in Kafka while the database was away.
    """
    first = kept.get(ask.rated_by or "")
    return first is not None and any(
        rating == counted and sid in kept and kept[sid]["done_at"] < first["done_at"]
        for rating, sid in ask.either
    )


def _as_told(evidence: Evidence, fact: Any) -> Iterator[str]:
    """The fact's replies against the dialogue and against what was published."""
    if fact["invitation_id"] is None:
        return
    identity = response_id(fact["invitation_id"], "sms")
    counted = {(UUID(reply["id"]), reply["revision"], reply["score"]) for reply in fact["replies"]}
    sides = {"the dialogue has": evidence.tables.responses.get(identity)}
    if evidence.published is not None:
        sides["published was"] = evidence.published.get(identity)
    for said, response in sides.items():
        there = {(identity, response.revision, response.score)} if response else set()
        if counted != there:
            yield f"call {fact['interaction_id']}: counted is {counted}, {said} {there}"


def no_claim_follows_a_stop(evidence: Evidence) -> Iterator[str]:
    """Every acknowledged STOP is in force, and nothing was claimed after its commit."""
    contacts = {row["contact_id"]: row for row in evidence.tables.contacts}
    for row in evidence.tables.sends:
        stopped = contacts.get(row["contact_id"])
        if stopped is None or not stopped["suppressed"] or row["despite_stop"]:
            continue
        if row["claimed_at"] and row["claimed_at"] > stopped["suppressed_at"]:
            yield f"{row['kind']} {row['id']} was claimed after a STOP"
    of_sid = {row["message_id"]: row for row in evidence.tables.messages}
    for text in evidence.texts:
        if keyword(text.body) is OptOut.STOP and text.sid in of_sid:
            contact = contacts.get(of_sid[text.sid]["contact_id"])
            if contact is None or not contact["suppressed"]:
                yield f"text {text.sid} said STOP, and its contact is not suppressed"
