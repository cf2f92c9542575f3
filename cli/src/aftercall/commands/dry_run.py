"""`aftercall dry-run FILE --from DATE`: a draft played over past calls, by way of the REST API."""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from aftercall import files
from aftercall.api import Api, ApiProblem, default_url
from aftercall.commands.config import File, Key
from aftercall.commands.options import Url, Workspace
from aftercall.errors import stop

PAUSE = 0.3  # seconds between two looks
PATH = "/v1/flows/dry-run"
OPEN = ("waiting", "running")
Day = Annotated[
    datetime,
    typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC."),
]
Price = Annotated[list[str] | None, typer.Option("--price", help="Of one ask, such as sms=0.0079.")]


def dry_run(
    file: File,
    since: Day,
    key: Key,
    url: Url = default_url(),
    workspace: Workspace = None,
    price: Price = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole result.")] = False,
) -> None:
    """Say who would have been asked by a draft, and why not. Asks nobody, changes nothing."""
    api = Api(url, key)
    params = {"workspace": workspace} if workspace else {}
    try:
        body = {
            "draft": files.read(file).body,
            "from": since.replace(tzinfo=UTC).isoformat(),
            "prices": dict(map(_price, price or [])),
        }
        run = api.request("POST", PATH, params=params, json=body)
        run = _played(api, run, params)
    except files.FileProblem as problem:
        stop(str(problem))
    except ApiProblem as problem:
        lines = [f"{field}: {message}" for field, message in problem.errors]
        stop("\n".join([str(problem), *lines]))
    if run["state"] != "done":
        stop(f"{run['state']}: {run['error'] or 'somebody ended it'}")
    if as_json:
        typer.echo(json.dumps(run["result"], indent=2))
    else:
        _show(run["result"])


def _price(told: str) -> tuple[str, float]:
    channel, _, amount = told.partition("=")
    try:
        return channel, float(amount)
    except ValueError:
        stop(f"--price {told}: not such as sms=0.0079")


def _played(api: Api, run: Any, params: dict[str, str]) -> Any:
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
