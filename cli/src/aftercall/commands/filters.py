"""The filters that scores, calls and responses share, as options of the command line."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from aftercall.api import Api
from aftercall.commands.options import api_of
from aftercall.platform_queries import check_workspace, choose_workspace

From = Annotated[str | None, typer.Option("--from", help="A day, such as 2026-01-05.")]
To = Annotated[str | None, typer.Option("--to", help="The last day, included.")]
Range = Annotated[
    str | None,
    typer.Option("--range", help="Instead of days: today, yesterday, 7d, 28d, this_month, ..."),
]
Queue = Annotated[list[str] | None, typer.Option(help="Of this queue; may be repeated.")]
Agent = Annotated[list[str] | None, typer.Option(help="Of this agent's id; may be repeated.")]
Survey = Annotated[list[str] | None, typer.Option(help="Of this survey; may be repeated.")]
Channel = Annotated[list[str] | None, typer.Option(help="sms, whatsapp, ivr; may be repeated.")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="Rows.")]
CallSort = Annotated[
    str | None, typer.Option("--sort", help="Which come first: newest, or oldest.")
]
Sort = Annotated[
    str | None,
    typer.Option("--sort", help="Which come first: newest, oldest, or lowest_score."),
]

UpdatedSince = Annotated[
    str | None,
    typer.Option(
        "--updated-since",
        help="All that changed at this time or later, the first change first; of calls of all"
        " days, whatever the limit. `updated_until` of --json is the next run's.",
    ),
]

Words = Annotated[
    str | None,
    typer.Option("--text", help="Whose comment, or answer in words, has words that begin so."),
]


def chosen(url: str, key: str | None, workspace: str | None) -> tuple[Api, dict[str, Any]]:
    """The platform, and the workspace as a parameter where one is to be named."""
    api = api_of(url, key)
    named = choose_workspace(api, workspace)
    return api, {"workspace": named} if named else {}


def whose(url: str, key: str | None, workspace: str | None) -> tuple[Api, dict[str, Any]]:
    """As `chosen`, where nobody else would say that there is no such workspace."""
    api, params = chosen(url, key, workspace)
    if workspace:
        check_workspace(api, workspace)
    return api, params


def given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Those that somebody gave, by the names of the API."""
    return {name: value for name, value in filters.items() if value not in (None, [], ())}


def heading(told: Mapping[str, Any]) -> str:
    """Of what: the filter as the platform understood it."""
    return f"{told['workspace']}, {told['from']} to {told['to']} ({told['zone']})"


def named(row: Mapping[str, Any], *fields: str) -> Sequence[Any]:
    return [row.get(field) for field in fields]
