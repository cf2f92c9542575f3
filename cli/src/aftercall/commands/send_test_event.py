"""`aftercall send-test-event`: one event to a running platform, followed until it is decided."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer

from aftercall.api import URL, Api, ApiProblem
from aftercall.commands.event_options import read_body, show, workspace_of_key
from aftercall.commands.options import Json, Key, Url, Workspace, api_of
from aftercall.descriptions import describe_decision
from aftercall.errors import stop
from aftercall.following import followed
from aftercall.platform_queries import sample_call, wait_for_decision
from aftercall.post_event import HINTS, EventRequest, NotTaken, post_event
from aftercall.sample import VENDORS
from aftercall.tables import say_json
from common.events.decisions import Decision, Verdict
from common.phone import normalised
from common.time import utc_now
from sandbox.pbx.calls import Post

To = Annotated[str, typer.Option(help="The customer's number: who is texted if asked.")]


def send_test_event(
    *,
    url: Url = URL,
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
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the decision.")] = 20.0,
    follow: Annotated[
        float, typer.Option(min=0, help="Seconds to tell what becomes of the ask.")
    ] = 10.0,
    as_json: Json = False,
) -> None:
    """Post a call that ended just now to a running platform, and say what became of it.

    A REAL TEXT GOES TO --to when a flow asks and its account is real; the
    default number is nobody's.

    Without --source it is a CloudEvent to /v1/events, marked as a test, so
    that it counts in no score, takes no slot of a cap and is refused by
    none; the key needs events:write and read. With
    --source it is the vendor's own body to the address of that source, with
    its secret; it counts like any call, and the key needs read.

    It is followed until it is delivered, failed or given up, or for --follow
    seconds. Ends with 0 once the event was taken and decided, else with 1.

    Examples:

      aftercall send-test-event --to +12025550101 --queue billing

      aftercall send-test-event --source acme-pbx --vendor freeswitch --secret S
    """
    api = api_of(url, key)
    address = normalised(to)
    if address is None:
        stop(f"--to {to}: not a telephone number in E.164, such as +12025550101")
    if vendor not in VENDORS:
        stop(f"--vendor {vendor}: there are {', '.join(VENDORS)}; for other bodies use --body FILE")
    workspace = workspace_of_key(api, workspace)
    sample = sample_call(api, address, queue=queue, number=number, workspace=workspace)
    now = utc_now().replace(microsecond=0)
    if source:
        post = sample.of_vendor(vendor, now, token=token)
    else:
        post = Post(sample.event(workspace, now))
    request = EventRequest(
        url=url,
        path=_where(source, secret, workspace),
        body=read_body(body) if body else post.body,
        headers={"content-type": post.content_type}
        | ({} if source else {"authorization": f"Bearer {key}"}),
    )
    told = Told(as_json=as_json)
    _send(request, api, told, workspace=workspace, wait=wait, follow=follow)
    told.end()


class Told:
    """A line at once for people; for programs all of it at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._facts: dict[str, Any] = {"ask": []}

    def taken(self, answer: Mapping[str, Any]) -> None:
        self._facts["answer"] = answer
        interaction = answer.get("interaction_id")
        if not self._as_json:
            what = f"interaction {interaction}" if interaction else answer.get("ignored") or answer
            typer.secho(f"TAKEN: {what}", fg="green" if interaction else "yellow")

    def decided(self, decision: Decision) -> None:
        self._facts["decision"] = msgspec.to_builtins(decision)
        if not self._as_json:
            show(describe_decision(decision))

    def ask(self, line: str) -> None:
        self._facts["ask"].append(line)
        if not self._as_json:
            typer.echo(f"  the ask: {line}")

    def end(self) -> None:
        if self._as_json:
            say_json(self._facts)


def _send(
    request: EventRequest,
    api: Api,
    told: Told,
    *,
    workspace: str | None,
    wait: float,
    follow: float,
) -> None:
    try:
        answer = post_event(request)
    except NotTaken as problem:
        stop(str(problem))
    told.taken(answer)
    interaction = answer.get("interaction_id")
    if interaction is None:
        return
    try:
        decision = wait_for_decision(api, interaction, workspace=workspace, timeout=wait)
        if decision is None:
            stop(
                f"No decision within {wait:g} s. Does the orchestrator run, and does it lag"
                " (/metrics)? A source with a settle window is decided only after it. Later:"
                f" GET /v1/decisions/{interaction}"
            )
        told.decided(decision)
        if decision.verdict is Verdict.INVITE:
            params = {"workspace": workspace} if workspace else {}
            for line in followed(api, decision, params, wait=follow):
                told.ask(line)
    except ApiProblem as problem:
        hint = HINTS.get(problem.status or 0, "")
        stop(f"It was taken; what became of it cannot be read: {problem}\n{hint}".rstrip())


def _where(source: str | None, secret: str, workspace: str | None) -> str:
    if source:
        return f"/v1/sources/{quote(source, safe='')}/calls/{quote(secret or '-', safe='')}"
    return f"/v1/events?workspace={quote(workspace)}" if workspace else "/v1/events"
