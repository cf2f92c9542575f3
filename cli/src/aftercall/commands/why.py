"""`aftercall why`: why a caller was asked or was not, and what became of it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from aftercall.api import URL, Api, ApiProblem
from aftercall.commands.event_options import show
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace
from aftercall.commands.rows import CALLS
from aftercall.descriptions import describe_decision
from aftercall.errors import Trouble
from aftercall.following import state_of_ask
from aftercall.tables import lines, say_json
from common.events.decisions import Decision, Verdict

Call = Annotated[
    str,
    typer.Argument(
        metavar="CALL",
        help="An interaction's id, the source's own name for the call, or the caller's number.",
    ),
]
Days = Annotated[int, typer.Option(min=1, max=366, help="How many days to look back.")]
_KEPT = 404


def why(
    call: Call,
    *,
    days: Days = 30,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Say why a caller was asked or was not, by which facts, and what became of it.

    By the number of the caller (in E.164, with its plus) the newest call is told and the others
    are listed. The number goes in a request's body, never into a URL. The key needs the scope
    read.

    Examples:

      aftercall why +12025550101

      aftercall why 813f1c9e-9b4f-5b0a-8a5e-0f2b7c1d4a11

      aftercall why 1234567890 --days 90
    """
    api, params = chosen(url, key, workspace)
    identity, others = _found(api, params, call, days)
    decision = api.request("GET", f"/v1/decisions/{identity}", params=params)
    row = _row(api, params, identity)
    if as_json:
        say_json({"decision": decision, "call": row, "others": others[1:]})
        return
    show(_told(api, params, decision, row))
    if len(others) > 1:
        typer.echo(f"\nOther calls ({len(others) - 1}); `aftercall why ID` tells each:")
        for line in lines(CALLS, others[1:]):
            typer.echo(line)
        for one in others[1:]:
            typer.echo(f"  {one['interaction_id']}")


def _found(
    api: Api, params: Mapping[str, Any], call: str, days: int
) -> tuple[str, list[dict[str, Any]]]:
    """The interaction's id, and the rows of all that fit, the newest first."""
    is_address = call.startswith("+") or "@" in call
    if not is_address and _is_id(call):
        try:
            api.request("GET", f"/v1/decisions/{call}", params=params)
        except ApiProblem as problem:
            if problem.status != _KEPT:
                raise
        else:
            return call, []
    body = {"address" if is_address else "call_id": call, "days": days}
    rows = api.request("POST", "/v1/calls/find", params=params, json=body)["calls"]
    if not rows:
        what = "caller has that number" if is_address else "call has that id or name"
        raise Trouble(
            f"no {what} in the last {days} days: --days looks further back, `aftercall calls`"
            " lists what came in, `aftercall verify-event` says how a body is read"
        )
    return rows[0]["interaction_id"], rows


def _told(
    api: Api, params: Mapping[str, Any], body: Mapping[str, Any], row: Mapping[str, Any] | None
) -> Iterator[tuple[str, str | None]]:
    decision = msgspec.convert(body, Decision)
    one = decision.interaction
    yield f"{one.kind} {one.call_id} of {one.source}, ended {one.ended_at:%Y-%m-%d %H:%MZ}", None
    yield f"id {one.id}", None
    yield from describe_decision(decision)
    if decision.verdict is Verdict.INVITE:
        yield f"  the ask: {state_of_ask(api, decision, params)}", None
    for one_try in row["tries"] if row else ():
        why_not = f" ({one_try['failure'] or one_try['reason']})" if one_try["failure"] else ""
        yield f"  {one_try['kind']} by {one_try['channel']}: {one_try['status']}{why_not}", None
    if row and row["score"] is not None:
        yield f"ANSWERED {row['score']} by {row['channel']}, {row['answered_at']}", "green"


def _row(api: Api, params: Mapping[str, Any], identity: str) -> dict[str, Any] | None:
    """None: decided, and not counted yet."""
    try:
        found: dict[str, Any] = api.request("GET", f"/v1/calls/{identity}", params=params)
    except ApiProblem as problem:
        if problem.status != _KEPT:
            raise
        return None
    return found


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
