"""Posting an event to a running platform; a refusal comes back in words, with what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from common.process.problems import PROBLEM

ELSEWHERE = "That is some other server: `aftercall up` prints the address of Aftercall; then --url."
HINTS: Mapping[int, str] = {
    401: "The key or the secret is not one of this platform. A key for this: `aftercall keys create"
    " NAME --scope events:write --scope read`, then --key or AFTERCALL_KEY.",
    403: "It takes a key with the scopes events:write and read, of this workspace.",
    404: "Nothing of that name is there: check --source, and that --url is what `up` prints.",
    503: "The platform is there and cannot store anything now: its database or broker is away.",
}


class NotTaken(Exception):
    """It was not taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class EventRequest:
    """What is posted where. `path` may hold a secret and is never shown."""

    url: str
    path: str
    body: bytes
    headers: Mapping[str, str]


def post_event(request: EventRequest) -> dict[str, Any]:
    """The platform's answer, 2xx. Raises `NotTaken`."""
    if not request.url.startswith(("http://", "https://")):
        raise NotTaken(f"{request.url} is no address: it begins with http:// or https://")
    try:
        answer = httpx.post(
            f"{request.url.rstrip('/')}{request.path}",
            content=request.body,
            headers=dict(request.headers),
            timeout=30.0,
        )
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise NotTaken(
            f"Nobody answers at {request.url} ({error}).\n"
            "Is the platform running? `aftercall up` starts one and prints its address."
        ) from None
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success and isinstance(body, dict):
        return body
    raise NotTaken(_refusal(answer, body if isinstance(body, dict) else {}))


def _refusal(answer: httpx.Response, body: Mapping[str, Any]) -> str:
    said = [str(body[part]) for part in ("title", "detail") if body.get(part)]
    lines = [f"{answer.status_code} {': '.join(said) or answer.reason_phrase}"]
    ours = answer.headers.get("content-type", "").startswith(PROBLEM)
    if ours:
        lines += [f"  {one['field']}: {one['message']}" for one in body.get("errors", ())]
    hint = HINTS.get(answer.status_code, "") if ours else ELSEWHERE
    if body.get("title") == "Wrong secret":
        hint = "--secret takes the value of one of the `secrets` that the source names."
    return "\n".join([*lines, hint]).rstrip()
