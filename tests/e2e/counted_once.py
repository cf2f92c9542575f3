"""What people said is kept, and counts once and as they said it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from common.ids import response_id
from sandbox.truth import Asked
from tests.e2e.evidence import SENDERS
from tests.e2e.matched import Asking, Evidence


def everything_said_is_kept(evidence: Evidence) -> Iterator[str]:
    """What was acknowledged is stored, every key of a call by itself, and worked off."""
    for sid, count in Counter(one.sid for one in evidence.said).items():
        rows = evidence.kept.get(sid, ())
        if len(rows) < count:
            yield f"{count} of {sid} acknowledged, {len(rows)} of it stored: it is not stored"
        if any(row["done_at"] is None for row in rows):
            yield f"{sid} was acknowledged and never read"


def every_answer_is_counted_once(evidence: Evidence) -> Iterator[str]:
    """As people gave it, as the dialogue has it, as it was published, as it is counted."""
    facts = {row["interaction_id"]: row for row in evidence.tables.facts}
    given: dict[UUID, set[str]] = {}
    for asking in evidence.asks:
        ask, call = asking.asked, asking.call
        if call is None or asking.channel in given.setdefault(call, set()):
            yield f"{ask.person[:5]}… was asked by {ask.sid}, which is no first ask of a call"
            continue
        given[call].add(asking.channel)
        yield from _as_given(evidence, asking, facts.get(call))
    for call, fact in facts.items():
        if fact["score"] is not None and call not in given:
            yield f"call {call}: {fact['score']} is counted, and nobody gave it"
        yield from _as_told(evidence, fact)
    for row in evidence.tables.messages:
        of_answer = evidence.tables.responses.get(row["response_id"])
        if row["outcome"] == "answer" and (
            of_answer is None or of_answer.revision < row["response_revision"]
        ):
            yield f"{row['message_id']} is an answer that no dialogue has"


def _as_given(evidence: Evidence, asking: Asking, fact: Any) -> Iterator[str]:
    """The person's own score is that of this channel's reply; of several, the last one counts."""
    ask = asking.asked
    replies = {UUID(one["id"]): one["score"] for one in (fact["replies"] if fact else ())}
    own = response_id(asking.invitation, asking.channel) if asking.invitation else None
    found = {"replied": replies.get(own)}
    if not any(score is not None for one, score in replies.items() if one != own):
        found["counted"] = fact["score"] if fact else None
    for word, score in found.items():
        if score != ask.score and not in_another_order(ask, score, evidence.kept):
            yield f"call {asking.call}: the person gave {ask.score}, {word} is {score}"
            return


def in_another_order(ask: Asked, counted: float | None, kept: Mapping[str, Sequence[Any]]) -> bool:
    """Whether the person was asked again, and gave this, before their first rating was read.

    It had been acknowledged, and waited in Kafka while the database was away.
    """
    first = kept.get(ask.rated_by or "")
    return bool(first) and any(
        rating == counted and sid in kept and kept[sid][0]["done_at"] < first[0]["done_at"]
        for rating, sid in ask.either
    )


def _as_told(evidence: Evidence, fact: Any) -> Iterator[str]:
    """The fact's replies against the dialogues and against what was published."""
    if fact["invitation_id"] is None:
        return
    identities = [response_id(fact["invitation_id"], channel) for channel in SENDERS]
    counted = {(UUID(reply["id"]), reply["revision"], reply["score"]) for reply in fact["replies"]}
    sides = {"the dialogue has": evidence.tables.responses}
    if evidence.published is not None:
        sides["published was"] = evidence.published
    for said, known in sides.items():
        there = {(one, known[one].revision, known[one].score) for one in identities if one in known}
        if counted != there:
            yield f"call {fact['interaction_id']}: counted is {counted}, {said} {there}"
