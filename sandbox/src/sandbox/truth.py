"""What the figures ought to be, from the ledger alone: no platform, no configuration.

A text with a scale is an ask, unless it answers a reply that nobody could read: then it is the
same question again. What a person writes belongs to the newest ask that our number made. The last
rating that a person would read there is the score (a later one only if it is nothing but a rating);
other words after a rating are the comment.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean

from sandbox.ledger import (
    CallEnded,
    CreateRequest,
    Entry,
    Reply,
    StatusChange,
    acknowledged_sids,
    only,
)
from sandbox.reading import Scale, is_bare, rating_in, scale_in
from sandbox.wording import OptOut, keyword


@dataclass(slots=True)
class Asked:
    """One ask and what came of it. `ratings` in order: the last one counts."""

    person: str
    sender: str
    account: str
    sid: str
    at: datetime
    scale: Scale
    ratings: list[int] = field(default_factory=list)
    comment: str | None = None
    stopped: bool = False
    unreadable: bool = False  # the newest reply, if no text followed it
    asked_again: bool = False  # though there is a rating: texts were worked off in another order
    rated_by: str | None = None  # the sid of the text with the last rating
    either: list[tuple[int, str]] = field(default_factory=list)  # (rating, sid) given to that

    @property
    def metric(self) -> str:
        return self.scale.metric

    @property
    def score(self) -> int | None:
        return self.ratings[-1] if self.ratings else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """`sent` left the carrier, `delivered` reached the phone; `answered` has a score.

    `nps` from -100 to 100, `csat` the share of top-2 scores in percent, `ces` the mean; None
    without scores. `late` and `stray` replies belong to no open ask.
    """

    calls: int
    asked: int
    sent: int
    delivered: int
    answered: int
    opted_out: int
    late: int
    stray: int
    scores: dict[str, list[int]]
    nps: float | None
    csat: float | None
    ces: float | None
    asks: tuple[Asked, ...]


def recompute(
    entries: Iterable[Entry],
    *,
    open_for: timedelta | None = None,
    exclude: Collection[str] = (),
    again: Collection[str] = (),
    acknowledged_only: bool = True,
) -> Truth:
    """`open_for`: how long after an ask replies count, None for ever. `exclude`: test numbers.

    `again`: the sids of texts that are known to be no asks, whatever their words. Replies whose
    webhook nobody acknowledged do not count unless asked for.
    """
    known = list(entries)
    taken = acknowledged_sids(known) if acknowledged_only else None
    reader = _Reader(open_for, taken, frozenset(again))
    for entry in known:
        if isinstance(entry, CreateRequest) and entry.accepted and entry.to not in exclude:
            reader.text(entry)
        elif isinstance(entry, Reply) and entry.person not in exclude:
            reader.reply(entry)
    return _summed(known, reader)


def _summed(known: list[Entry], reader: "_Reader") -> Truth:
    reached: dict[str, set[str]] = {}
    for change in only(known, StatusChange):
        reached.setdefault(change.sid, set()).add(change.status)
    scores: dict[str, list[int]] = {}
    for ask in reader.asks:
        if ask.score is not None:
            scores.setdefault(ask.metric, []).append(ask.score)
    return Truth(
        calls=len({(call.source, call.call_id) for call in only(known, CallEnded)}),
        asked=len(reader.asks),
        sent=sum("sent" in reached.get(ask.sid, ()) for ask in reader.asks),
        delivered=sum("delivered" in reached.get(ask.sid, ()) for ask in reader.asks),
        answered=sum(len(values) for values in scores.values()),
        opted_out=sum(ask.stopped for ask in reader.asks),
        late=reader.late,
        stray=reader.stray,
        scores=scores,
        nps=nps(scores.get("nps", [])),
        csat=csat(scores.get("csat", [])),
        ces=fmean(scores["ces"]) if "ces" in scores else None,
        asks=tuple(reader.asks),
    )


def nps(scores: Collection[int]) -> float | None:
    """Share of 9 and 10 less share of 0 to 6, in percent."""
    if not scores:
        return None
    return 100 * sum((score >= 9) - (score <= 6) for score in scores) / len(scores)


def csat(scores: Collection[int]) -> float | None:
    """Share of 4 and 5, in percent."""
    return 100 * sum(score >= 4 for score in scores) / len(scores) if scores else None


class _Reader:
    def __init__(
        self, open_for: timedelta | None, taken: set[str] | None, again: frozenset[str]
    ) -> None:
        self.asks: list[Asked] = []
        self.late = 0
        self.stray = 0
        self._open_for = open_for
        self._taken = taken
        self._again = again
        self._newest: dict[tuple[str, str], Asked] = {}  # (our number, person)

    def text(self, request: CreateRequest) -> None:
        key = request.sender, request.to
        scale = scale_in(request.body)
        current = self._newest.get(key)
        known = request.sid in self._again
        again = known or (current is not None and current.unreadable and not current.ratings)
        if scale is not None and not again:
            ask = Asked(
                request.to, request.sender, request.account, request.sid or "", request.at, scale
            )
            self.asks.append(ask)
            self._newest[key] = ask
        elif current is not None:
            current.unreadable = False
            current.asked_again |= scale is not None and bool(current.ratings)

    def reply(self, reply: Reply) -> None:
        if self._taken is not None and reply.sid not in self._taken:
            return
        ask = self._newest.get((reply.to, reply.person))
        if ask is None or ask.stopped:
            self.stray += 1
        elif keyword(reply.body) is OptOut.STOP:
            ask.stopped = True
        elif self._open_for is not None and reply.at - ask.at > self._open_for:
            self.late += 1
        else:
            _take(ask, reply)


def _take(ask: Asked, reply: Reply) -> None:
    body = reply.body
    rating = rating_in(body, ask.scale)
    if rating is not None and (not ask.ratings or is_bare(body, ask.scale)):
        ask.ratings.append(rating)
        ask.rated_by = reply.sid
    elif ask.ratings:
        ask.comment = body
        if rating is not None and ask.asked_again:
            ask.either.append((rating, reply.sid))
    else:
        ask.unreadable = True
