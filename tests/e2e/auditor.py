"""The auditor: the promises, checked over the providers' own ledgers and the platform's database.

It believes nobody: what was asked and answered comes from the ledgers, what is known from tables
and topics, and each is compared with the others. Texts, chats and calls have one form in it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from analytics.service import differences
from common.database import Database
from sandbox.seen import Seen
from tests.e2e import asked_once, counted_once, promises
from tests.e2e.evidence import SENDERS, pending, read_tables
from tests.e2e.matched import Evidence, evidence
from tests.e2e.topics import Topics

__all__ = ["Report", "audit", "pending"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`wrong` lists broken promises; the rest are the figures behind."""

    calls: int  # distinct, that a PBX told
    decided: int
    invited: int
    accepted: int  # requests for an ask that a provider took, without what a plan tried next
    channels: Mapping[str, Mapping[str, int]]  # of each: steps taken, what people said, scores
    asked: int  # distinct (contact, call) among them
    most: int  # for one of them
    reminded: int  # distinct (contact, call) that got a second one, the reminder
    unknown: frozenset[UUID]  # steps
    unknown_replies: frozenset[UUID]  # what we wrote back
    not_sent: Mapping[str, int]  # invited, and the reason why nothing went out
    acknowledged: int  # what people wrote, tapped and pressed, and the platform said it has
    stored: int
    answered: int  # asks to which people gave a score
    in_dialogues: int
    published: int | None  # None: the topics were not read
    counted: int
    pending: Mapping[str, int]
    wrong: Sequence[str]

    def __str__(self) -> str:
        return "\n".join(
            [
                f"calls {self.calls}, decided {self.decided}, invited {self.invited}",
                f"by channel {self.channels}",
                f"accepted requests {self.accepted} for {self.asked} (contact, call),"
                f" at most {self.most} each, reminded {self.reminded},"
                f" unknown {len(self.unknown)} and {len(self.unknown_replies)} of our replies,"
                f" not sent {dict(self.not_sent)}",
                f"said by people and acknowledged {self.acknowledged}, stored {self.stored}",
                f"scores acknowledged {self.answered}, stored {self.in_dialogues},"
                f" published {self.published}, counted {self.counted}",
                f"pending {dict(self.pending)}",
                f"wrong {len(self.wrong)}",
                *(f"WRONG: {line}" for line in self.wrong[:50]),
            ]
        )


async def audit(
    db: Database,
    seen: Seen,
    *,
    topics: Topics | None = None,
    calls: Collection[str] | None = None,
    workspace: str | None = None,
    cap: int | None = None,
) -> Report:
    """Call it when the platform is quiet; until then `pending` is not zero and that is wrong.

    `seen`: by all providers together. `calls`: the sources' names of all calls told with 2xx; None:
    the ledger's, which is right when each was told until it was acknowledged. `workspace`: only
    this one's, as is what was seen. `cap`: how often a contact may be asked in that time.
    """
    if calls is None:
        calls = seen.told
    tables = await read_tables(db, workspace=workspace)
    matched = evidence(tables, seen, topics.responses if topics else None)
    waiting = await pending(db, workspace=workspace)
    if topics is not None:
        waiting |= {f"lag of {group}": count for group, count in topics.lag.items()}
        waiting |= {f"dead of {topic}": count for topic, count in topics.dead.items()}
    wrong = [
        *promises.one_decision_per_call(matched, calls),
        *asked_once.nobody_is_asked_twice(matched),
        *(asked_once.caps_hold(matched, cap) if cap is not None else ()),
        *promises.everybody_invited_is_accounted_for(matched),
        *promises.no_invitation_is_seen_more_than_twice(matched),
        *counted_once.everything_said_is_kept(matched),
        *counted_once.every_answer_is_counted_once(matched),
        *promises.no_claim_follows_a_stop(matched),
        *[
            f"figures of {difference}"
            for difference in await differences(db)
            if workspace in (None, difference.workspace)
        ],
        *(f"{count} left: {name}" for name, count in waiting.items() if count),
    ]
    return _report(matched, calls, waiting, wrong)


def _report(
    evidence: Evidence, calls: Collection[str], waiting: Mapping[str, int], wrong: Sequence[str]
) -> Report:
    tables = evidence.tables
    per_call = asked_once.asks_per_call(evidence)
    said = Counter(one.sid for one in evidence.said)
    published = evidence.published
    return Report(
        calls=len(calls),
        decided=len(tables.calls),
        invited=len(tables.invited),
        accepted=sum(per_call.values()),
        asked=len(per_call),
        most=max(per_call.values(), default=0),
        reminded=len(asked_once.asks_per_call(evidence, reminders=True)),
        unknown=_unknown(evidence.steps),
        unknown_replies=_unknown(evidence.replies),
        not_sent=promises.not_sent(evidence),
        channels={channel: _of_channel(evidence, channel) for channel in SENDERS},
        acknowledged=len(evidence.said),
        stored=sum(min(len(evidence.kept.get(sid, ())), n) for sid, n in said.items()),
        answered=sum(one.asked.score is not None for one in evidence.asks),
        in_dialogues=sum(one.score is not None for one in tables.responses.values()),
        published=None
        if published is None
        else sum(one.score is not None for one in published.values()),
        counted=sum(row["score"] is not None for row in tables.facts),
        pending=waiting,
        wrong=wrong,
    )


def _of_channel(evidence: Evidence, channel: str) -> Mapping[str, int]:
    taken = evidence.steps.keys() & evidence.accepted.keys()
    asks = [one.asked for one in evidence.asks if one.channel == channel]
    return {
        "taken": sum(evidence.steps[send]["channel"] == channel for send in taken),
        "said": sum(one.channel == channel for one in evidence.said),
        "scores": sum(ask.score is not None for ask in asks),
    }


def _unknown(sends: Mapping[UUID, Any]) -> frozenset[UUID]:
    return frozenset(send for send, row in sends.items() if row["state"] == "unknown")
