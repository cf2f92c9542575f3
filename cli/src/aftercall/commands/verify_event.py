"""`aftercall verify-event`: what would happen with an event, without sending it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aftercall import config_loading, descriptions
from aftercall.api import URL, Api, ApiProblem
from aftercall.commands.event_options import read_body, show, workspace_of_key
from aftercall.commands.options import Json, Key, Url, Workspace
from aftercall.errors import stop
from aftercall.event_check import EventCheck, check_body, check_events
from aftercall.tables import say_json
from common.time import utc_now

EventFile = Annotated[
    str, typer.Argument(metavar="FILE|-", help="A file with the body, or - for what is piped in.")
]
OfSource = Annotated[
    str | None, typer.Option(help="Read it as this source's own body, by its vendor's adapter.")
]
ConfigFile = Annotated[
    Path | None, typer.Option(help="Judge by this file (see examples/), as `apply` takes it.")
]
At = Annotated[str | None, typer.Option(help="As if it were this time: 2026-01-05T10:14:20Z.")]


def verify_event(
    file: EventFile,
    *,
    source: OfSource = None,
    config: ConfigFile = None,
    key: Key = None,
    url: Url = URL,
    workspace: Workspace = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Say what would happen with an event: nothing is sent, nothing is stored.

    The body is read and decided by the platform's own code: which fields
    are understood, what is wrong with which field, and by which flow the
    person would be asked, or why not. Without --source it is a CloudEvent
    as POST /v1/events takes it, or a batch of them.

    By whose rules: those of --config FILE; else of the platform at --url,
    when there is a key (of the scope config:write); else of a built-in
    example. It asks after every call and has a source for every vendor:
    aircall, freeswitch, myoperator, mapped-json, cloudevents.

    Ends with 0 when the event would be taken, whether or not anybody is
    asked, and with 1 when anything of it would be refused.

    Examples:

      aftercall verify-event event.json

      aftercall verify-event cdr.json --source freeswitch

      aftercall verify-event - --source acme-aircall --config acme.yaml
    """
    body, now = read_body(file), _time(at)
    loaded = _load(config, key=key, url=url, workspace=workspace)
    try:
        checks = (
            [check_body(body, source, loaded.config, now=now)]
            if source
            else check_events(body, loaded.config, now=now)
        )
    except LookupError as problem:
        stop(str(problem.args[0]))
    if as_json:
        say_json({"rules": loaded.origin, "events": [descriptions.facts(one) for one in checks]})
    else:
        _tell(loaded.origin, checks)
    if any(one.refused for one in checks):
        raise typer.Exit(1)


def _tell(origin: str, checks: Sequence[EventCheck]) -> None:
    typer.echo(f"By the rules of {origin}:")
    for index, one in enumerate(checks):
        if len(checks) > 1:
            typer.secho(f"event {index}", bold=True)
        show(descriptions.describe_check(one))
    if any(one.decision for one in checks):
        typer.echo(descriptions.ONLY_LIVE)


def _load(
    config: Path | None, *, key: str | None, url: str, workspace: str | None
) -> config_loading.LoadedConfig:
    try:
        if config:
            return config_loading.load_file(config)
        if key:
            api = Api(url, key)
            return config_loading.load_platform(api, url, workspace_of_key(api, workspace))
    except config_loading.UnusableConfig as problem:
        stop(str(problem))
    except ApiProblem as problem:
        stop(f"{problem}\nWithout a platform: --config FILE, or no key for a built-in example.")
    return config_loading.load_example()


def _time(text: str | None) -> datetime:
    if text is None:
        return utc_now()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--at {text}: no time such as 2026-01-05T10:14:20Z")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
