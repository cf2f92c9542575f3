"""How hard a drill is: the load, what must be in flight, and how much goes wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`calls_per_second` is the most; less is posted while `queued` sends wait at the sender."""

    calls: int  # at most
    calls_per_second: float
    latency: float  # seconds that a provider takes for a request, median
    sends: int  # in flight before anything is killed
    replies: int  # in flight before anything is killed
    failpoints: int  # as many of each service are met, drawn by the seed
    rounds: int  # and so often
    kills: int  # kill -9 of any process, at random
    patience: float  # seconds for so much to be in flight again
    queued: int = 600
    ingest: int = 2
    orchestrator: int = 2


FULL = Size(
    calls=12_000,
    calls_per_second=16.0,
    latency=14.0,
    sends=310,
    replies=110,
    failpoints=14,  # all
    rounds=1,
    kills=20,
    patience=120.0,
)
SHORT = Size(
    calls=4_000,
    calls_per_second=12.0,
    latency=4.0,
    sends=40,
    replies=20,
    failpoints=2,
    rounds=1,
    kills=2,
    patience=90.0,
    orchestrator=1,
)
