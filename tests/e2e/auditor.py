"""The auditor: the promises, checked over the carrier's own ledger and the platform's database.

It believes nobody: what was asked and answered comes from the ledger, what is known from tables,
and each is compared with the other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from analytics.service.audit import cells_wrong
from common.db import Database
from sandbox.ledger import CreateRequest, Entry, acknowledged_replies, only
from sandbox.truth import recompute

METRICS = ("nps", "csat", "ces")


@dataclass(frozen=True, slots=True)
class Report:
    """`wrong` lists broken promises; the rest are the figures behind."""

    accepted: int  # requests for a step that the carrier took
    asked_people: int  # distinct (contact, call) among them
    unknown: int
    invited: int
    acknowledged: int  # replies that the platform said it has
    stored: int
    answers: int  # scores in the facts
    pending: dict[str, int]
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        figures = (
            f"accepted requests {self.accepted} for {self.asked_people} (contact, call); "
            f"invited {self.invited}; unknown {self.unknown}; "
            f"replies acknowledged {self.acknowledged} / stored {self.stored}; "
            f"scores counted {self.answers}; pending {self.pending}"
        )
        return "\n".join([figures, *(f"WRONG: {line}" for line in self.wrong)])


def send_id(request: CreateRequest) -> UUID | None:
    """Which of our sends it was: the last part of the status callback's path."""
    try:
        return UUID(request.status_callback.rpartition("/")[2])
    except ValueError:
        return None


async def audit(db: Database, entries: Sequence[Entry]) -> Report:
    """Call it when the platform is quiet; until then `pending` is not zero and that is wrong."""
    accepted = [entry for entry in only(entries, CreateRequest) if entry.accepted]
    sent = Counter(send_id(request) for request in accepted)
    async with db.connection() as connection:
        sends = await connection.fetch(
            "select id, kind, contact_id, interaction_id, invitation_id, state,"
            " claimed_at from sms_sender.sends"
        )
        invitations = await connection.fetch(
            "select id, interaction_id, contact_id, status from orchestrator.invitations"
        )
        inbox = await connection.fetch(
            "select event_key, outcome, response_id, response_revision, done_at"
            " from sms_sender.inbox where kind = 'message'"
        )
        facts = await connection.fetch("select metric, score from analytics.facts where not test")
        broken_stops = await connection.fetchval(
            "select count(*) from sms_sender.sends s join sms_sender.contacts c using (contact_id)"
            " where s.kind = 'step' and c.suppressed and s.claimed_at > c.suppressed_at"
        )
    steps = {row["id"]: row for row in sends if row["kind"] == "step"}
    per_call = Counter(
        (steps[send]["contact_id"], steps[send]["interaction_id"])
        for request in accepted
        if (send := send_id(request)) in steps
    )
    acknowledged = {reply.sid for reply in acknowledged_replies(entries)}
    stored = {row["event_key"] for row in inbox}
    wrong = [
        *_twice(sent, per_call),
        *_not_asked(invitations, steps, set(sent)),
        *_lost(acknowledged, stored, inbox),
        *_miscounted(entries, facts),
        *([f"{broken_stops} claims after a STOP"] if broken_stops else []),
        *(f"cell {d.cell}: stored {list(d.stored)}, is {list(d.expected)}"
          for d in (await cells_wrong(db))[:10]),
    ]  # fmt: skip
    waiting = await pending(db)
    wrong += [f"{count} left in {name}" for name, count in waiting.items() if count]
    return Report(
        accepted=sum(per_call.values()),
        asked_people=len(per_call),
        unknown=sum(row["state"] == "unknown" for row in steps.values()),
        invited=len(invitations),
        acknowledged=len(acknowledged),
        stored=len(acknowledged & stored),
        answers=sum(row["score"] is not None for row in facts),
        pending=waiting,
        wrong=wrong,
    )


async def pending(db: Database) -> dict[str, int]:
    """What is still under way, by table."""
    queries = {
        "inbox": "select count(*) from sms_sender.inbox where done_at is null",
        "outbox": "select (select count(*) from sms_sender.outbox)"
        " + (select count(*) from orchestrator.outbox)",
        "sends": "select count(*) from sms_sender.sends where state in ('queued', 'claimed')",
        "invitations": "select count(*) from orchestrator.invitations where due_at is not null",
    }
    async with db.connection() as connection:
        return {name: await connection.fetchval(query) for name, query in queries.items()}


def _twice(sent: Counter[UUID | None], per_call: Counter[tuple[UUID, UUID]]) -> Iterable[str]:
    for send, count in sent.items():
        if send is None:
            yield f"{count} accepted requests without a send's id"
        elif count > 1:
            yield f"send {send} was accepted {count} times"
    for (contact, call), count in per_call.items():
        if count > 1:
            yield f"contact {contact} was asked {count} times about call {call}"


def _not_asked(
    invitations: Sequence[dict], steps: dict[UUID, dict], sent: set[UUID | None]
) -> Iterable[str]:
    """Invited, not called off, and yet neither texted nor listed as unknown."""
    of_invitation = {row["invitation_id"]: row for row in steps.values()}
    for row in invitations:
        step = of_invitation.get(row["id"])
        if step is None:
            if row["status"] != "cancelled":
                yield f"invitation {row['id']} ({row['status']}) has no send"
        elif step["id"] not in sent and step["state"] not in ("unknown", "cancelled", "failed"):
            yield f"step {step['id']} is {step['state']} and the carrier never took it"


def _lost(acknowledged: set[str], stored: set[str], inbox: Sequence[dict]) -> Iterable[str]:
    for sid in sorted(acknowledged - stored):
        yield f"reply {sid} was acknowledged and is not stored"
    for row in inbox:
        if row["done_at"] is None:
            yield f"reply {row['event_key']} was never read"


def _miscounted(entries: Sequence[Entry], facts: Sequence[dict]) -> Iterable[str]:
    """Scores as a person reads them from the ledger, against the facts."""
    truth = recompute(entries)
    for metric in METRICS:
        real = Counter(truth.scores.get(metric, []))
        counted = Counter(
            row["score"] for row in facts if row["metric"] == metric and row["score"] is not None
        )
        if real != counted:
            missing, extra = dict(real - counted), dict(counted - real)
            yield f"{metric}: people gave {missing} that are not counted; {extra} are not theirs"
