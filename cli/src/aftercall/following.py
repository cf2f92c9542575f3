"""What becomes of an ask, told as it happens: planned, at the provider, sent, delivered."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from aftercall.api import Api, ApiProblem
from common.events.decisions import Decision

_PAUSE = 0.3  # seconds between two looks
STATES: Mapping[str, str] = {
    "planned": "planned",
    "waiting": "waits for its time",
    "with_sender": "handed to the sender of its channel",
    "sent": "the provider took it",
    "delivered": "delivered",
    "failed": "failed",
    "unknown": "nobody knows whether it went out",
    "passed_over": "its channel cannot be used",
    "cancelled": "cancelled",
}
AT_REST = frozenset({"delivered", "failed", "unknown", "cancelled"})
_WAITS = frozenset({"queued", "claimed"})  # of a send
_GONE = 404
# Of a connection that was not made, the delivery log has the library's name.
_UNREACHED: Mapping[str, str] = {
    "ClientConnectorDNSError": "its name is not known on this machine (DNS)",
    "ClientConnectorError": "it takes no connection",
    "ClientProxyConnectionError": "the proxy takes no connection",
    "ClientConnectorCertificateError": "its certificate is not trusted here",
    "ClientConnectorSSLError": "TLS with it fails",
    "ConnectionTimeoutError": "no connection in time",
}


def followed(
    api: Api, decision: Decision, params: Mapping[str, Any], *, wait: float
) -> Iterator[str]:
    """A line whenever something changes, until it is at rest or `wait` seconds are over.

    Raises `ApiProblem`.
    """
    ends = time.monotonic() + wait
    before = ""
    while True:
        found = api.request("GET", f"/v1/invitations/{decision.invitation_id}", params=params)
        step = _current(found["steps"])
        told = _told(api, step, params, found.get("reason"))
        if told != before:
            yield told
            before = told
        if step["state"] in AT_REST:
            return
        if time.monotonic() > ends:
            yield f"after {wait:g} s that is all: `aftercall why {decision.interaction.id}` later"
            return
        time.sleep(_PAUSE)


def state_of_ask(api: Api, decision: Decision, params: Mapping[str, Any]) -> str:
    """How far it is now, in words. Raises `ApiProblem`."""
    return next(iter(followed(api, decision, params, wait=0)))


def _current(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The last that was tried, else the first."""
    tried = [one for one in steps if one["state"] not in ("passed_over", "planned")]
    return tried[-1] if tried else steps[0]


def _told(api: Api, step: Mapping[str, Any], params: Mapping[str, Any], why: str | None) -> str:
    state, reason = step["state"], step.get("reason") or why
    if state == "with_sender":
        return _at_provider(api, step, params)
    because = f" ({reason})" if reason and state in ("failed", "cancelled") else ""
    return f"{STATES.get(state, state)}{because}, by {step['channel']}"


def _at_provider(api: Api, step: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """While nothing leaves, why."""
    try:
        send = api.request("GET", f"/v1/{step['channel']}/sends/{step['id']}", params=params)
    except ApiProblem as problem:
        if problem.status != _GONE:
            raise
        return STATES["with_sender"]  # which has not looked yet
    if send["status"] not in _WAITS or not send["attempts"]:
        return STATES["with_sender"]
    why = send["failure"] or send["reason"] or "it did not answer"
    return f"waiting at the provider: {_UNREACHED.get(why, why)}, attempt {send['attempts']}"
