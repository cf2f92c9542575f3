"""What `send-test-event` asks a running platform: workspace, flows, decision, state of the ask."""

import time
from collections.abc import Iterable
from typing import Any

import msgspec

from aftercall.api import Api, ApiProblem
from aftercall.errors import Trouble
from aftercall.sample import Sample
from common.events.decisions import Decision
from common.wording import meant

_PAUSE = 0.2  # seconds between two looks


class ManyWorkspaces(Trouble):
    """One is to be chosen; the text names them."""


def wait_for_decision(
    api: Api, interaction: str, *, workspace: str | None, timeout: float
) -> Decision | None:
    """The decision once there is one; None after so many seconds. Raises `ApiProblem`."""
    ends = time.monotonic() + timeout
    while True:
        try:
            return msgspec.convert(_get(api, f"decisions/{interaction}", workspace), Decision)
        except ApiProblem as problem:
            if problem.status != 404:
                raise
        if time.monotonic() > ends:
            return None
        time.sleep(_PAUSE)


def choose_workspace(api: Api, named: str | None) -> str | None:
    """The one that is named, else the only one that the key may see, if that can be known.

    Raises `ManyWorkspaces` when there are several to choose from.
    """
    if named:
        return named
    try:
        seen = [one["id"] for one in api.request("GET", "/v1/workspaces")["workspaces"]]
    except (ApiProblem, ValueError, LookupError, TypeError):
        return None  # what is wrong with the key or the address is said where it is needed
    if len(seen) > 1:
        raise ManyWorkspaces(f"--workspace: which one? There are {', '.join(seen)}.")
    return seen[0] if seen else None


def check_workspace(api: Api, named: str) -> None:
    """Raises `Trouble` where there is none of that name, as far as the key may know.

    For what answers the same for a workspace that has nothing and for one that is not there.
    """
    try:
        seen = [one["id"] for one in api.request("GET", "/v1/workspaces")["workspaces"]]
    except (ApiProblem, ValueError, LookupError, TypeError):
        return
    if named not in seen:
        raise no_workspace(named, seen)


def no_workspace(named: str, known: Iterable[str]) -> Trouble:
    """Of a name that is none of these."""
    there = sorted(known)
    rest = meant(named, there) or f"; there are {', '.join(there) or 'none so far'}"
    return Trouble(f"--workspace {named}: there is none{rest}")


def sample_call(
    api: Api, to: str, *, queue: str | None, number: str | None, workspace: str | None
) -> Sample:
    """A call that fits the flow of highest priority, as far as its conditions can be read."""
    try:
        params = {"workspace": workspace} if workspace else {}
        flows = api.request("GET", "/v1/flows", params=params)["flows"]
    except (ApiProblem, ValueError, LookupError, TypeError):
        flows = []  # what is wrong with the key or the address is said when it is posted
    enabled = [flow for flow in flows if flow.get("enabled")]
    first: dict[str, Any] = max(enabled, key=lambda flow: flow.get("priority", 0), default={})
    when = first.get("when", {})
    return Sample(
        to=to,
        our_number=number or next(iter(when.get("numbers", ())), "+12025550190"),
        queue=queue or next(iter(when.get("queues", ())), "billing"),
    )


def _get(api: Api, path: str, workspace: str | None) -> Any:
    params = {"workspace": workspace} if workspace else {}
    return api.request("GET", f"/v1/{path}", params=params)
