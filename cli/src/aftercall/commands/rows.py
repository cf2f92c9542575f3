"""`aftercall calls` and `responses`: the rows behind the figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from aftercall.api import URL, Api
from aftercall.commands.filters import (
    Agent,
    CallSort,
    Channel,
    From,
    Limit,
    Queue,
    Range,
    Sort,
    Survey,
    To,
    UpdatedSince,
    Words,
    chosen,
    given,
    heading,
)
from aftercall.commands.options import Csv, Json, Key, Url, Workspace
from aftercall.tables import Column, Form, form, lines, say_csv, say_json

Row = Mapping[str, Any]
MOST_PAGES = 50  # 50,000 answers
PAGE = 500


def ended(row: Row) -> str:
    """In the zone that the call was decided in."""
    at = datetime.fromisoformat(row["ended_at"]).astimezone(ZoneInfo(row["zone"]))
    return f"{at:%m-%d %H:%M}"


def became(row: Row) -> str:
    """Of a call, in a word or two."""
    if not row["asked"]:
        return f"not asked: {row['reason']}"
    if row["score"] is not None:
        return f"answered {row['score']} by {row['channel']}"
    last = row["tries"][-1]["status"] if row["tries"] else "waiting"
    return f"asked by {row['channel']}: {last}"


CALLS = (
    Column("ended", ended, 11),
    Column("caller", lambda row: row["address"], 9),
    Column("queue", lambda row: row["queue"], 12),
    Column("agent", lambda row: row["agent_name"] or row["agent"], 14),
    Column("what became of it", became, 40),
)
RESPONSES = (
    Column("ended", ended, 11),
    Column("caller", lambda row: row["address"], 9),
    Column("queue", lambda row: row["queue"], 10),
    Column("agent", lambda row: row["agent_name"] or row["agent"], 12),
    Column("metric", lambda row: row["metric"], 6),
    Column("score", lambda row: row["score"], 5, right=True),
    Column("comment", lambda row: row["comment"], 60),
)


def calls(
    *,
    first: From = None,
    last: To = None,
    days: Range = None,
    queue: Queue = None,
    agent: Agent = None,
    channel: Channel = None,
    survey: Survey = None,
    sort: CallSort = None,
    limit: Limit = 20,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Print calls and what became of each: not asked and why, asked, answered.

    `aftercall why` with the number of a caller, or an id of --json, says all about one.

    Examples:

      aftercall calls --range today

      aftercall calls --queue billing --limit 500 --csv
    """
    wanted: dict[str, Any] = {"from": first, "to": last, "range": days, "queue": queue}
    wanted |= {"agent": agent, "channel": channel, "survey": survey, "sort": sort, "limit": limit}
    shape = form(as_json=as_json, as_csv=as_csv)
    api, params = chosen(url, key, workspace)
    told = api.request("GET", "/v1/calls", params=params | given(wanted))
    _show(told, told["calls"], shape, CALLS, _none(wanted, "No call was decided"))


def responses(
    *,
    first: From = None,
    last: To = None,
    days: Range = None,
    queue: Queue = None,
    agent: Agent = None,
    channel: Channel = None,
    survey: Survey = None,
    sort: Sort = None,
    updated_since: UpdatedSince = None,
    text: Words = None,
    limit: Limit = 20,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Print what people answered.

    Examples:

      aftercall responses --range 7d

      aftercall responses --queue billing --json

      aftercall responses --sort lowest_score

      aftercall responses --text "too late" --range 28d

      aftercall responses --updated-since 2026-01-05T10:00:00Z --json
    """
    wanted: dict[str, Any] = {"from": first, "to": last, "range": days, "queue": queue}
    wanted |= {"agent": agent, "channel": channel, "survey": survey, "sort": sort, "limit": limit}
    wanted |= {"updated_since": updated_since, "text": text}
    shape = form(as_json=as_json, as_csv=as_csv)
    api, params = chosen(url, key, workspace)
    read = _every_change if updated_since else _all_pages
    told = read(api, params | given(wanted))
    _show(told, told["responses"], shape, RESPONSES, _none(wanted, "Nobody has answered"))


def _none(wanted: Mapping[str, Any], text: str) -> str:
    """Of a queue, say, that nobody has: that is not the same as a day without calls."""
    names = ("queue", "agent", "channel", "survey", "text")
    chosen_by = [f"--{name}" for name in names if wanted.get(name)]
    return f"{text} in these days{', of this ' + ' and '.join(chosen_by) if chosen_by else ''}."


def _all_pages(api: Api, params: Mapping[str, Any]) -> dict[str, Any]:
    """With `--text` a page may be short: so many of them, until there are enough rows."""
    told: dict[str, Any] = api.request("GET", "/v1/responses", params=params)
    rows = list(told["responses"])
    for _ in range(MOST_PAGES if "text" in params else 0):
        if told["next_cursor"] is None or len(rows) >= params["limit"]:
            break
        more = {"cursor": told["next_cursor"], "limit": params["limit"] - len(rows)}
        told = api.request("GET", "/v1/responses", params={**params, **more})
        rows += told["responses"]
    return {**told, "responses": rows}


def _every_change(api: Api, params: Mapping[str, Any]) -> dict[str, Any]:
    """Whole, whatever the limit: `updated_until` is the next run's, and it would skip the rest."""
    params = {**params, "limit": PAGE}
    rows: list[Row] = []
    while True:
        told: dict[str, Any] = api.request("GET", "/v1/responses", params=params)
        rows += told["responses"]
        if told["next_cursor"] is None:
            return {**told, "responses": rows}
        params = {**params, "cursor": told["next_cursor"]}


def _show(
    told: Mapping[str, Any],
    rows: Sequence[Row],
    shape: Form,
    columns: Sequence[Column],
    none: str,
) -> None:
    if shape is Form.JSON:
        say_json(told)
    elif shape is Form.CSV:
        head = list(rows[0]) if rows else [column.title for column in columns]
        say_csv(head, [[row[name] for name in head] for row in rows])
    else:
        typer.echo(heading(told))
        for line in lines(columns, rows) if rows else [none]:
            typer.echo(line)
        if told.get("next_cursor"):
            typer.echo("There are more: --limit, or fewer days.")
