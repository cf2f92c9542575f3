"""`aftercall dry-run FILE --from DATE`: a draft played over past calls, by way of the REST API."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from aftercall import files
from aftercall.api import URL, Api
from aftercall.commands.drafts import named
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace
from aftercall.commands.preview import CHANNELS
from aftercall.errors import WRONGLY_CALLED, Trouble, stop
from aftercall.tables import say_json

PAUSE = 0.3  # seconds between two looks
PATH = "/v1/flows/dry-run"
OPEN = ("waiting", "running")


def _time(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise typer.BadParameter(
            "a day is needed, such as 2026-01-05, or a time, such as 2026-01-05T10:14:20"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


Day = Annotated[
    datetime,
    typer.Option(
        "--from", parser=_time, metavar="DAY", help="Such as 2026-01-05, or a time; in UTC."
    ),
]
Price = Annotated[list[str] | None, typer.Option("--price", help="Of one ask, such as sms=0.0079.")]


def dry_run(
    file: Annotated[Path | None, typer.Argument(help="A YAML file; see examples/.")] = None,
    *,
    since: Day,
    draft: Annotated[
        list[str] | None, typer.Option("--draft", help="Instead of a file: flow/billing, ...")
    ] = None,
    price: Price = None,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Say who would have been asked by a draft, and why not. Asks nobody, changes nothing.

    The draft is a file, or drafts that are kept (`aftercall drafts`). Flows of it are on, whatever
    it says. The key needs the scope config:write.

    Examples:

      aftercall dry-run flow.yaml --from 2026-01-05 --price sms=0.0079

      aftercall dry-run --draft flow/billing --from 2026-01-05
    """
    if (file is None) is not bool(draft):
        raise Trouble("either a file is played, or --draft says which", WRONGLY_CALLED)
    kept = list(map(named, draft or ()))
    api, params = chosen(url, key, workspace)
    body = {
        **({"draft": files.read(file).body} if file else {"drafts": kept}),
        "from": since.isoformat(),
        "prices": dict(map(_price, price or [])),
    }
    run = _played(api, api.request("POST", PATH, params=params, json=body), params)
    if run["state"] != "done":
        stop(f"{run['state']}: {run['error'] or 'somebody ended it'}")
    if as_json:
        say_json(run["result"])
    else:
        _show(run["result"])


def _price(told: str) -> tuple[str, float]:
    channel, _, amount = told.partition("=")
    if channel not in CHANNELS:
        raise Trouble(
            f"--price {told}: there is no channel {channel}; there are {', '.join(CHANNELS)}",
            WRONGLY_CALLED,
        )
    try:
        return channel, float(amount)
    except ValueError:
        raise Trouble(f"--price {told}: not such as sms=0.0079", WRONGLY_CALLED) from None


def _played(api: Api, run: Any, params: Any) -> Any:
    """Tells how far it is until it is over; whoever interrupts it ends it."""
    path = f"{PATH}/{run['id']}"
    try:
        while run["state"] in OPEN:
            time.sleep(PAUSE)
            run = api.request("GET", path, params=params)
            if sys.stderr.isatty() and run["calls"]:
                typer.echo(f"\r{run['played']:,} of {run['calls']:,} calls ", nl=False, err=True)
    except KeyboardInterrupt:
        run = api.request("DELETE", path, params=params)
    if sys.stderr.isatty():
        typer.echo("\r", nl=False, err=True)
    return run


def _show(result: Any) -> None:
    calls, asked = result["calls"], result["asked"]
    typer.echo(f"{calls:,} calls, {asked:,} asked{_percent(asked, calls)}")
    if result["replaced"]:
        typer.echo(f"  {result['replaced']:,} of them replaced by a newer call in time")
    for title, counts in (("flow", result["flows"]), ("not asked", result["not_asked"])):
        for name, count in counts.items():
            typer.echo(f"  {title} {name}: {count:,}{_percent(count, calls)}")
    for title in ("queues", "agents"):
        for name, share in result[title].items():
            told = f"{share['asked']:,} of {share['calls']:,}"
            typer.echo(f"  {title[:-1]} {name or '(none)'}: {told} asked")
    if (answers := result["expected_answers"]) is not None:
        typer.echo(f"about {answers:,.0f} answers, as of late")
    if (cost := result["cost"]) is not None:
        typer.echo(f"asks cost about {cost:,.2f}")
    if result["cut"]:
        typer.echo("there were more calls than are played; these are the latest")


def _percent(part: int, whole: int) -> str:
    return f" ({part / whole:.1%})" if whole else ""
