"""`aftercall scores`: NPS, CSAT and CES with their n and interval, in total or by group."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from aftercall.api import URL
from aftercall.commands.filters import (
    Agent,
    Channel,
    From,
    Queue,
    Range,
    Survey,
    To,
    chosen,
    given,
    heading,
)
from aftercall.commands.options import Csv, Json, Key, Url, Workspace
from aftercall.tables import Column, Form, form, lines, say_csv, say_json

ALL = "(all)"
HIDDEN = "hidden"  # fewer than five answers, and the key is no admin's
By = Annotated[
    str | None,
    typer.Option(help="queue, agent, team, channel, number, site, region or disposition."),
]
PerMetric = Annotated[
    bool, typer.Option("--per-metric", help="One score per metric and scale, over all surveys.")
]
Row = tuple[str, Mapping[str, Any]]  # group, score
_CSV = ("survey", "question", "metric", "scale", "n", "value", "low", "high")


def scores(
    *,
    by: By = None,
    per_metric: PerMetric = False,
    first: From = None,
    last: To = None,
    days: Range = None,
    queue: Queue = None,
    agent: Agent = None,
    channel: Channel = None,
    survey: Survey = None,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Print scores: the last 30 days in total, unless options say otherwise.

    Every score has its n (answers) and its 95 % interval, low to high. The key needs the scope
    read; groups with fewer than five answers are shown to keys of the scope admin only.

    Examples:

      aftercall scores

      aftercall scores --by queue --range 7d

      aftercall scores --by agent --queue billing --csv
    """
    shape = form(as_json=as_json, as_csv=as_csv)
    api, params = chosen(url, key, workspace)
    wanted: dict[str, Any] = {"by": by, "from": first, "to": last, "range": days, "queue": queue}
    wanted |= {"agent": agent, "channel": channel, "survey": survey}
    params |= given(wanted) | ({"per": "metric"} if per_metric else {})
    told = api.request("GET", "/v1/scores", params=params)
    if shape is Form.JSON:
        say_json(told)
        return
    rows = list(_rows(told))
    if shape is Form.CSV:
        say_csv(
            ["group", *_CSV], [[group, *(one.get(name) for name in _CSV)] for group, one in rows]
        )
        return
    typer.echo(heading(told))
    if not rows:
        typer.echo("Nobody has answered. `aftercall calls` says which calls there were, and why.")
        return
    for line in lines(_columns(by, per_metric=per_metric), rows):
        typer.echo(line)
    if funnel := told.get("funnel"):
        counts = ", ".join(f"{name} {funnel[name]}" for name in ("calls", "asked", "answered"))
        typer.echo(f"{counts}. Low to high: the 95 % interval.")


def _rows(told: Mapping[str, Any]) -> Iterator[Row]:
    for one in told["scores"]:
        yield ALL, one
    for group in told["groups"]:
        for one in group["scores"]:
            yield group["name"] or group["value"] or "(none)", one


def _columns(by: str | None, *, per_metric: bool) -> list[Column]:
    group = [Column(by, lambda row: row[0], 18)] if by else []
    what = [
        Column("survey", lambda row: row[1]["survey"], 14),
        Column("question", lambda row: row[1]["question"], 10),
    ]
    return [
        *group,
        *([] if per_metric else what),
        Column("metric", lambda row: row[1]["metric"], 6),
        Column("scale", lambda row: "-".join(map(str, row[1]["scale"])), 6),
        Column("n", lambda row: row[1]["n"], 7, right=True),
        Column("value", _value, 7, right=True),
        Column("low", lambda row: _number(row[1]["low"]), 6, right=True),
        Column("high", lambda row: _number(row[1]["high"]), 6, right=True),
    ]


def _value(row: Row) -> str | None:
    return HIDDEN if row[1]["suppressed"] else _number(row[1]["value"])


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
