"""A few minutes of a call centre: deterministic calls of every kind, posted by several vendors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sandbox.pbx import aircall, freeswitch, myoperator, ours
from sandbox.pbx.calls import QUEUES, Agent, Kind, PbxCall, Post
from sandbox.pbx.numbers import INTERNAL, TEST, customer, spelled

SHARES: Mapping[Kind, float] = {
    Kind.CONNECTED: 62,
    Kind.TRANSFERRED: 6,
    Kind.REPEAT: 5,
    Kind.OPTED_OUT: 3,
    Kind.SHORT: 4,
    Kind.MISSED: 7,
    Kind.ABANDONED: 6,
    Kind.VOICEMAIL: 3,
    Kind.HIDDEN: 2,
    Kind.INTERNAL: 1,
    Kind.TEST: 1,
}
VENDORS: Mapping[str, float] = {
    "aircall": 30,
    "freeswitch": 30,
    "myoperator": 20,
    "cloudevents": 10,
    "mapped-json": 10,
}
_UNANSWERED = {Kind.MISSED: "missed", Kind.ABANDONED: "abandoned", Kind.VOICEMAIL: "voicemail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`opted_out` are people who had said no before the first call."""

    calls: tuple[PbxCall, ...]
    opted_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How calls are told. `duplicates`: the share that is sent 2 to 5 times; `copies` sends every
    call so often instead. `extras`: also bodies that start nothing. `token`: of Aircall's webhook.
    """

    vendors: Mapping[str, float] = field(default_factory=lambda: VENDORS)
    duplicates: float = 0.06
    copies: int | None = None
    extras: bool = False
    token: str = "made-up-token"  # noqa: S105
    workspace: str | None = None  # CloudEvents only


def scenario(
    count: int = 200,
    *,
    now: datetime,
    seed: int = 0,
    within: timedelta = timedelta(minutes=5),
    shares: Mapping[Kind, float] = SHARES,
    style: Style = Style(),
) -> Scenario:
    """`count` distinct calls that ended between `now - within` and `now`, in order of their end.

    The same arguments give the same calls; `seed` also parts the people of one run from another's.
    """
    draw = Random(f"{seed}/pbx")  # noqa: S311
    kinds = _kinds(count, shares, draw)
    ends = sorted(draw.uniform(0, within.total_seconds()) for _ in kinds)
    people = draw.sample(range(10**6), count)
    calls: list[PbxCall] = []
    for index, (kind, ago) in enumerate(zip(kinds, reversed(ends), strict=True)):
        ended_at = (now - timedelta(seconds=ago)).replace(microsecond=0)
        number = _number(kind, customer(seed * 7919 + index), calls, draw=draw)
        call = _happened(kind, number, ended_at, draw=draw, style=style)
        calls.append(_with_posts(call, people[index], draw=draw, style=style))
    no = {call.customer for call in calls if call.kind is Kind.OPTED_OUT and call.customer}
    return Scenario(calls=tuple(calls), opted_out=tuple(sorted(no)))


def _kinds(count: int, shares: Mapping[Kind, float], draw: Random) -> list[Kind]:
    """So many of each as its share says, the rest connected; shuffled, repeats not first."""
    total = sum(shares.values())
    kinds = [kind for kind, share in shares.items() for _ in range(int(count * share / total))]
    kinds += [Kind.CONNECTED] * (count - len(kinds))
    draw.shuffle(kinds)
    return sorted(kinds, key=lambda kind: kind is Kind.REPEAT and draw.random() < 0.5)


def _number(kind: Kind, fresh: str, before: Sequence[PbxCall], *, draw: Random) -> str | None:
    if kind is Kind.HIDDEN:
        return None
    if kind is Kind.INTERNAL:
        return draw.choice(INTERNAL)
    if kind is Kind.TEST:
        return draw.choice(TEST)
    known = [call.customer for call in before if call.kind is Kind.CONNECTED]
    return draw.choice(known) if kind is Kind.REPEAT and known else fresh


def _happened(
    kind: Kind, number: str | None, ended_at: datetime, *, draw: Random, style: Style
) -> PbxCall:
    queue = QUEUES[draw.choice(list(QUEUES))]
    vendor = draw.choices(list(style.vendors), list(style.vendors.values()))[0]
    ending = _UNANSWERED.get(kind, "connected")
    if ending == "abandoned" and vendor == "myoperator":
        ending = "missed"  # it does not tell the two apart
    agents: tuple[Agent, ...] = ()
    answered_at, talk, wait = None, 0, draw.randint(3, 60)
    if ending == "connected":
        agents = tuple(draw.sample(queue.agents, 2 if kind is Kind.TRANSFERRED else 1))
        talk = draw.randint(2, 6) if kind is Kind.SHORT else draw.randint(45, 600)
        answered_at = ended_at - timedelta(seconds=talk)
    # FreeSWITCH's queue module knows no outbound calls, so their queue would be lost.
    may_ring_out = ending == "connected" and queue.name == "sales" and vendor != "freeswitch"
    return PbxCall(
        vendor=vendor,
        call_id="",
        kind=kind,
        ending=ending,
        direction="outbound" if may_ring_out and draw.random() < 0.3 else "inbound",
        customer=number,
        queue=queue.name,
        agents=agents,
        started_at=ended_at - timedelta(seconds=talk + wait),
        answered_at=answered_at,
        ended_at=ended_at,
        quality=agents[-1].quality - 0.2 * (len(agents) > 1) if agents else 0.3,
    )


def _with_posts(call: PbxCall, serial: int, *, draw: Random, style: Style) -> PbxCall:
    names = {
        "aircall": str(810_000_000 + serial),
        "freeswitch": str(UUID(int=draw.getrandbits(128), version=4)),
        "myoperator": f"5f{serial:014x}",
    }
    call = replace(call, call_id=names.get(call.vendor, f"pbx7-{serial}"))
    copies = style.copies or (draw.randint(2, 5) if draw.random() < style.duplicates else 1)
    # Aircall writes numbers with blanks and dashes, the others plainly; copies differ.
    first = 1 if call.vendor == "aircall" else 0
    posts = tuple(_post(call, first + copy, copy, style=style) for copy in range(copies))
    return replace(call, posts=posts, extras=_extras(call, style) if style.extras else ())


def _post(call: PbxCall, way: int, copy: int, *, style: Style) -> Post:
    number = _spelling(call, way)
    match call.vendor:
        case "aircall":
            return aircall.ended(call, number, token=style.token)
        case "freeswitch":
            return freeswitch.ended(call, number, way=copy % 3)
        case "myoperator":
            return myoperator.ended(call, number, form=copy % 2 == 1)
        case "cloudevents":
            return ours.cloudevent(call, number, workspace=style.workspace)
    return ours.mapped(call, number)


def _extras(call: PbxCall, style: Style) -> tuple[Post, ...]:
    if call.vendor == "aircall":
        return aircall.extras(call, _spelling(call, 1), token=style.token)
    return freeswitch.extras(call, _spelling(call, 0)) if call.vendor == "freeswitch" else ()


def _spelling(call: PbxCall, way: int) -> str:
    if call.customer is None:
        return "" if call.vendor == "myoperator" else "anonymous"
    return spelled(call.customer, way, national=call.vendor != "cloudevents")
