"""What the demo shows at the end, all of it read from the REST API."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

METRICS = ("nps", "csat", "ces")
NOTHING = {"value": None, "low": None, "high": None, "n": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Figures of `/v1/funnel` and `/v1/scores`; `first_text_seconds` after the process began."""

    calls: int
    asked: int
    not_asked: Mapping[str, int]
    sent: int
    delivered: int
    answered: int
    scores: Mapping[str, Mapping[str, Any]]
    first_text_seconds: float | None
    pss_mb: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Group:
    """One queue or agent: its name and its scores, a metric each."""

    name: str
    scores: Sequence[Mapping[str, Any]]


def summarise(
    funnel: Mapping[str, Any],
    scores: Mapping[str, Any],
    *,
    first_text_seconds: float | None,
    pss_mb: float,
) -> Summary:
    """From the bodies of `/v1/funnel` and `/v1/scores?per=metric`."""
    counts = funnel["funnel"]
    found = {score["metric"]: score for score in scores["scores"]}
    return Summary(
        calls=counts["calls"],
        asked=counts["asked"],
        not_asked=counts["not_asked"],
        sent=counts["sent"],
        delivered=counts["delivered"],
        answered=counts["answered"],
        scores={
            metric: {key: found.get(metric, NOTHING)[key] for key in NOTHING} for metric in METRICS
        },
        first_text_seconds=first_text_seconds,
        pss_mb=pss_mb,
    )


def groups(scores: Mapping[str, Any]) -> list[Group]:
    """The groups of `/v1/scores?by=...` that have a score, by name."""
    found = [
        Group(group["name"] or group["value"], [one for one in group["scores"] if one["n"]])
        for group in scores["groups"]
    ]
    return sorted((group for group in found if group.scores), key=lambda group: group.name)
