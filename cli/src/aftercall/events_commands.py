"""`aftercall verify-event | send-test-event`: what an integrator tries before calls are real."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from aftercall import configured, sending, telling, verifying
from aftercall.api import Api, ApiProblem, default_url
from aftercall.config_commands import Url
from aftercall.ending import stop
from aftercall.sample import VENDORS
from common.events.decisions import Verdict
from common.phone import normalised
from common.time import utc_now
from sandbox.pbx.calls import Post

Key = Annotated[str | None, typer.Option(envvar="AFTERCALL_KEY", help="An API key, ac_...")]
Workspace = Annotated[str | None, typer.Option(help="Which, where the key is good for several.")]
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
To = Annotated[str, typer.Option(help="The customer's number: who is texted if asked.")]


def verify_event(
    file: EventFile,
    *,
    source: OfSource = None,
    config: ConfigFile = None,
    key: Key = None,
    url: Url = default_url(),
    workspace: Workspace = None,
    at: At = None,
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
    body, now = _body(file), _time(at)
    rules = _rules(config, key=key, url=url, workspace=workspace)
    typer.echo(f"By the rules of {rules.origin}:")
    try:
        tried = (
            [verifying.of_body(body, source, rules.config, now=now)]
            if source
            else verifying.of_events(body, rules.config, now=now)
        )
    except LookupError as problem:
        stop(str(problem.args[0]))
    for index, one in enumerate(tried):
        if len(tried) > 1:
            typer.secho(f"event {index}", bold=True)
        _show(telling.of_trial(one))
    if any(one.decision for one in tried):
        typer.echo(telling.ONLY_LIVE)
    if any(one.wrong for one in tried):
        raise typer.Exit(1)


def send_test_event(
    *,
    url: Url = default_url(),
    key: Key = None,
    to: To = "+12025550101",
    source: Annotated[
        str | None, typer.Option(help="Post it as this source's vendor would, to its own address.")
    ] = None,
    vendor: Annotated[
        str, typer.Option(help=f"The source's vendor: {', '.join(VENDORS)}.")
    ] = "aircall",
    secret: Annotated[
        str, typer.Option(envvar="AFTERCALL_SOURCE_SECRET", help="The secret in the source's URL.")
    ] = "",
    token: Annotated[str, typer.Option(help="Aircall's webhook token, where one is checked.")] = "",
    queue: Annotated[str | None, typer.Option(help="Default: a queue of the first flow.")] = None,
    number: Annotated[
        str | None, typer.Option(help="Our number that was called. Default: one of the first flow.")
    ] = None,
    body: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Send this body instead, unchanged.")
    ] = None,
    workspace: Workspace = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the decision.")] = 20.0,
) -> None:
    """Post a call that ended just now to a running platform, and tell what became of it.

    A REAL TEXT GOES TO --to when a flow asks and its account is real; the
    default number is nobody's.

    Without --source it is a CloudEvent to /v1/events, marked as a test, so
    that it counts in no score; the key needs events:write and read. With
    --source it is the vendor's own body to the address of that source, with
    its secret; it counts like any call, and the key needs read.

    Ends with 0 once the event was taken and decided, and with 1 otherwise.

    Examples:

      aftercall send-test-event --to +12025550101 --queue billing

      aftercall send-test-event --source acme-pbx --vendor freeswitch --secret S
    """
    if not key:
        stop("A key is needed: --key, or AFTERCALL_KEY. `aftercall up` prints the first one.")
    address = normalised(to)
    if address is None:
        stop(f"--to {to}: not a telephone number in E.164, such as +12025550101")
    if vendor not in VENDORS:
        stop(f"--vendor {vendor}: there are {', '.join(VENDORS)}; for other bodies use --body FILE")
    api = Api(url, key)
    workspace = _workspace(api, workspace)
    sample = sending.fitting(api, address, queue=queue, number=number, workspace=workspace)
    now = utc_now().replace(microsecond=0)
    if source:
        post = sample.of_vendor(vendor, now, token=token)
    else:
        post = Post(sample.event(workspace, now))
    errand = sending.Errand(
        url=url,
        path=_where(source, secret, workspace),
        body=_body(body) if body else post.body,
        headers={"content-type": post.content_type}
        | ({} if source else {"authorization": f"Bearer {key}"}),
    )
    _send(errand, api, workspace=workspace, wait=wait)


def _send(errand: sending.Errand, api: Api, *, workspace: str | None, wait: float) -> None:
    try:
        answer = sending.post(errand)
    except sending.NotSent as problem:
        stop(str(problem))
    interaction = answer.get("interaction_id")
    if interaction is None:
        typer.secho(f"TAKEN: {answer.get('ignored') or answer}", fg="yellow")
        return
    typer.secho(f"TAKEN: interaction {interaction}", fg="green")
    try:
        decision = sending.decided(api, interaction, workspace=workspace, patience=wait)
        if decision is None:
            stop(
                f"No decision within {wait:g} s. Does the orchestrator run, and does it lag"
                " (/metrics)? A source with a settle window is decided only after it. Later:"
                f" GET /v1/decisions/{interaction}"
            )
        _show(telling.of_decision(decision))
        if decision.verdict is Verdict.INVITE:
            _show([sending.ask(api, decision, workspace)])
    except ApiProblem as problem:
        hint = sending.HINTS.get(problem.status or 0, "")
        stop(f"It was taken; what became of it cannot be read: {problem}\n{hint}".rstrip())


def _where(source: str | None, secret: str, workspace: str | None) -> str:
    if source:
        return f"/v1/sources/{quote(source, safe='')}/calls/{quote(secret or '-', safe='')}"
    return f"/v1/events?workspace={quote(workspace)}" if workspace else "/v1/events"


def _rules(
    config: Path | None, *, key: str | None, url: str, workspace: str | None
) -> configured.Configured:
    try:
        if config:
            return configured.of_file(config)
        if key:
            api = Api(url, key)
            return configured.of_platform(api, url, _workspace(api, workspace))
    except configured.Unusable as problem:
        stop(str(problem))
    except ApiProblem as problem:
        stop(f"{problem}\nWithout a platform: --config FILE, or no key for a built-in example.")
    return configured.of_example()


def _workspace(api: Api, named: str | None) -> str | None:
    try:
        return sending.the_workspace(api, named)
    except sending.NotSent as problem:
        stop(str(problem))


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        stop(f"{file}: {error.strerror}")


def _time(text: str | None) -> datetime:
    if text is None:
        return utc_now()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--at {text}: no time such as 2026-01-05T10:14:20Z")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _show(lines: Iterable[tuple[str, str | None]]) -> None:
    for text, colour in lines:
        typer.secho(text, fg=colour)
