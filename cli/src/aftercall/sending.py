"""A test event on its way: posted to a running platform, and followed until it is decided."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from aftercall.api import Api, ApiProblem
from aftercall.sample import Sample
from common.events.decisions import Decision
from common.process.problems import PROBLEM

_PAUSE = 0.2  # seconds between two looks
_HANDING_OVER = 3.0  # seconds: what is due at once is with its sender by then
STATES: Mapping[str, str] = {
    "waiting": "waits for its time",
    "with_sender": "handed to the sender of its channel",
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
    "unknown": "nobody knows whether it went out",
    "passed_over": "its channel cannot be used",
    "cancelled": "cancelled",
}
ELSEWHERE = "That is some other server: `aftercall up` prints the address of Aftercall; then --url."
HINTS: Mapping[int, str] = {
    401: "The key or the secret is not one of this platform. A key for this: `aftercall keys create"
    " NAME --scope events:write --scope read`, then --key or AFTERCALL_KEY.",
    403: "It takes a key with the scopes events:write and read, of this workspace.",
    404: "Nothing of that name is there: check --source, and that --url is what `up` prints.",
    503: "The platform is there and cannot store anything now: its database or broker is away.",
}


class NotSent(Exception):
    """It was not taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is posted where. `path` may hold a secret and is never shown."""

    url: str
    path: str
    body: bytes
    headers: Mapping[str, str]


def post(errand: Errand) -> dict[str, Any]:
    """The platform's answer, 2xx. Raises `NotSent`."""
    if not errand.url.startswith(("http://", "https://")):
        raise NotSent(f"{errand.url} is no address: it begins with http:// or https://")
    try:
        answer = httpx.post(
            f"{errand.url.rstrip('/')}{errand.path}",
            content=errand.body,
            headers=dict(errand.headers),
            timeout=30.0,
        )
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise NotSent(
            f"Nobody answers at {errand.url} ({error}).\n"
            "Is the platform running? `aftercall up` starts one and prints its address."
        ) from None
    try:
        told = answer.json()
    except ValueError:
        told = None
    if answer.is_success and isinstance(told, dict):
        return told
    raise NotSent(_refusal(answer, told if isinstance(told, dict) else {}))


def _refusal(answer: httpx.Response, told: Mapping[str, Any]) -> str:
    said = [str(told[part]) for part in ("title", "detail") if told.get(part)]
    lines = [f"{answer.status_code} {': '.join(said) or answer.reason_phrase}"]
    ours = answer.headers.get("content-type", "").startswith(PROBLEM)
    if ours:
        lines += [f"  {one['field']}: {one['message']}" for one in told.get("errors", ())]
    hint = HINTS.get(answer.status_code, "") if ours else ELSEWHERE
    if told.get("title") == "Wrong secret":
        hint = "--secret takes the value of one of the `secrets` that the source names."
    return "\n".join([*lines, hint]).rstrip()


def decided(
    api: Api, interaction: str, *, workspace: str | None, patience: float
) -> Decision | None:
    """The decision once there is one; None after so many seconds. Raises `ApiProblem`."""
    ends = time.monotonic() + patience
    while True:
        try:
            return msgspec.convert(_get(api, f"decisions/{interaction}", workspace), Decision)
        except ApiProblem as problem:
            if problem.status != 404:
                raise
        if time.monotonic() > ends:
            return None
        time.sleep(_PAUSE)


def the_workspace(api: Api, named: str | None) -> str | None:
    """The one that is named, else the only one that the key may see, if that can be told.

    Raises `NotSent` when there are several to choose from.
    """
    if named:
        return named
    try:
        seen = [one["id"] for one in api.request("GET", "/v1/workspaces")["workspaces"]]
    except (ApiProblem, ValueError, LookupError, TypeError):
        return None  # what is wrong with the key or the address is told where it is needed
    if len(seen) > 1:
        raise NotSent(f"--workspace: which one? There are {', '.join(seen)}.")
    return seen[0] if seen else None


def fitting(
    api: Api, to: str, *, queue: str | None, number: str | None, workspace: str | None
) -> Sample:
    """A call that fits the flow of highest priority, as far as its conditions can be read."""
    try:
        params = {"workspace": workspace} if workspace else {}
        flows = api.request("GET", "/v1/flows", params=params)["flows"]
    except (ApiProblem, ValueError, LookupError, TypeError):
        flows = []  # what is wrong with the key or the address is told when it is posted
    enabled = [flow for flow in flows if flow.get("enabled")]
    first: dict[str, Any] = max(enabled, key=lambda flow: flow.get("priority", 0), default={})
    when = first.get("when", {})
    return Sample(
        to=to,
        our_number=number or next(iter(when.get("numbers", ())), "+12025550190"),
        queue=queue or next(iter(when.get("queues", ())), "billing"),
    )


def ask(api: Api, decision: Decision, workspace: str | None) -> tuple[str, str | None]:
    """Where the ask is, in words and a colour. Raises `ApiProblem`."""
    ends = time.monotonic() + _HANDING_OVER
    while True:
        found = _get(api, f"invitations/{decision.invitation_id}", workspace)
        tried = [step for step in found["steps"] if step["state"] != "passed_over"]
        state = (tried or found["steps"])[0]["state"]
        if state != "waiting" or time.monotonic() > ends:
            break
        time.sleep(_PAUSE)
    why = f" ({found['reason']})" if found.get("reason") else ""
    return f"  the ask: {STATES.get(state, state)}{why}; GET /v1/invitations/{found['id']}", None


def _get(api: Api, path: str, workspace: str | None) -> Any:
    params = {"workspace": workspace} if workspace else {}
    return api.request("GET", f"/v1/{path}", params=params)
