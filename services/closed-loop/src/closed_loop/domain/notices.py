"""What people read of alerts: no telephone number in it, a link to the console in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from closed_loop.domain.falling import Fall
from closed_loop.domain.rules import Kind, Rule
from common.events.responses import Response
from common.phone.texts import without_numbers
from common.scores import Estimate

SHOWN = 20  # alerts of one notice
COMMENT = 500  # characters
_WORDS = {
    Kind.LOW_RATING: "low rating",
    Kind.FALLING_SCORE: "falling score",
    Kind.FALLING_RATE: "falling response rate",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """`text`: lines, as in a mail."""

    subject: str
    text: str


def low_rating(call: dict[str, Any], response: Response, *, console: str) -> dict[str, Any]:
    """The alert of one response. `console`: its address."""
    return {
        "kind": Kind.LOW_RATING,
        "at": (response.scored_at or response.changed_at).isoformat(),
        "response_id": str(response.id),
        "interaction_id": str(response.interaction_id),
        "metric": response.metric,
        "score": response.score,
        "comment": without_numbers(response.comment)[:COMMENT] if response.comment else None,
        "queue": call["queue"],
        "team": call["team"],
        "agent": call["agent"],
        "agent_name": call["agent_name"],
        "survey": response.survey_id,
        "flow_id": call["flow_id"],
        "channel": response.channel,
        "link": f"{console}/calls/{response.interaction_id}",
    }


def falling(rule: Rule, fall: Fall, *, at: str, console: str) -> dict[str, Any]:
    """The alert of one week."""
    chosen = {"survey": rule.surveys, "team": rule.teams, "queue": rule.queues}
    query = [(name, value) for name, values in chosen.items() for value in values]
    query += [("metric", rule.metric)] if rule.metric else []
    query += [("range", "91d"), ("period", "week")]
    return {
        "kind": rule.kind,
        "at": at,
        "week": fall.week.isoformat(),
        "metric": rule.metric,
        "teams": [*rule.teams],
        "n": fall.after_n,
        "before_n": fall.before_n,
        "before": _figure(fall.before),
        "after": _figure(fall.after),
        "link": f"{console}/trends?{urlencode(query)}",
    }


def _figure(estimate: Estimate) -> dict[str, float | None]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def notice(rule: Rule, alerts: Sequence[dict[str, Any]], *, more: int, console: str) -> Notice:
    """`more`: alerts beside those."""
    count = len(alerts) + more
    what = _WORDS[rule.kind]
    subject = f"{rule.name}: {what}" if count == 1 else f"{rule.name}: {count} × {what}"
    lines = [line for alert in alerts for line in (*_lines(alert), "")]
    if more:
        lines += [f"... and {more} more: {console}/alerts", ""]
    lines.append(f"Rule “{rule.name}”; it is changed at {console}/alerts")
    return Notice(" ".join(subject.split()), "\n".join(lines))


def _lines(alert: dict[str, Any]) -> list[str]:
    if alert["kind"] == Kind.LOW_RATING:
        return _of_rating(alert)
    unit = {"nps": "", "ces": ""}.get(alert["metric"] or "", " %")
    words = "The response rate" if alert["metric"] is None else alert["metric"].upper()
    after, before = (_words(alert[name], unit) for name in ("after", "before"))
    return [
        f"{words} is falling, as of the week of {alert['week']}.",
        f"Last four weeks: {after}, n = {alert['n']}",
        f"Before: {before}, n = {alert['before_n']}",
        alert["link"],
    ]


def _of_rating(alert: dict[str, Any]) -> list[str]:
    agent = alert["agent_name"] or alert["agent"]
    places = [f"queue {alert['queue']}"] if alert["queue"] else []
    places += [f"team {alert['team']}"] if alert["team"] else []
    places += [f"agent {agent}"] if agent else []
    found = [f"{alert['metric'].upper()} {alert['score']} by {alert['channel']}"]
    found[0] += f" ({', '.join(places)})" if places else ""
    return [*found, *([f"“{alert['comment']}”"] if alert["comment"] else []), alert["link"]]


def _words(figure: dict[str, float | None], unit: str) -> str:
    if figure["value"] is None:
        return "no figure"
    value, low, high = (f"{figure[name] or 0.0:.1f}" for name in ("value", "low", "high"))
    return f"{value}{unit} (95 % interval {low} to {high})"
