"""What would happen with an event: read and decided by the platform's own code."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from aftercall.configured import workspace_of
from common.config import Config, WorkspaceConfig
from common.errors import BadInput, Problem
from common.events.decisions import Decision
from ingest.domain.call import Call
from ingest.domain.vendor import Inbound
from ingest.schemas import CloudEvent, read_event
from ingest.service.modes import read_batch
from ingest.service.reading import Sender, Told, is_cloud_event, read, read_cloud_event
from orchestrator.domain.compiled import compile_config
from orchestrator.domain.deciding import Facts, decide

_PEPPER = b"contact ids of a trial go nowhere"
_SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class Tried:
    """`wrong`: refused. Neither that nor `told`: an event of no use, which is ignored.

    `decision` None of what was told: an amendment, about which nobody decides.
    """

    told: Told | None = None
    decision: Decision | None = None
    wrong: BadInput | None = None
    ignored: tuple[str, ...] = ()  # fields of `data` that nobody reads, and what was meant
    body: Any = None  # decoded, where it is JSON

    def sent(self, path: str) -> str | None:
        """What stands at a wrong field's path; None where that cannot be told."""
        value = self.body
        try:
            for step in path.replace("[", ".").replace("]", "").split("."):
                value = value[int(step)] if isinstance(value, list) else value[step]
        except (ValueError, LookupError, TypeError):
            return None
        shown = json.dumps(value, ensure_ascii=False)
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def of_events(body: bytes, config: Config, *, now: datetime) -> list[Tried]:
    """What `POST /v1/events` would do with an event or a batch of them."""
    batch = body.lstrip().startswith(b"[")
    try:
        events = read_batch(body) if batch else [_read(body)]
    except BadInput as error:
        return [Tried(wrong=error)]
    except Problem as problem:  # a batch that is too long
        return [Tried(wrong=BadInput.at("", problem.detail))]
    decoded = _decoded(body)
    bodies = decoded if batch else [decoded]
    return [_of_event(one, sent, config, now=now) for one, sent in zip(events, bodies, strict=True)]


def _read(body: bytes) -> CloudEvent | BadInput:
    try:
        return read_event(body)
    except BadInput as error:
        return error


def _of_event(event: CloudEvent | BadInput, body: Any, config: Config, *, now: datetime) -> Tried:
    ignored = _ignored(body)
    if isinstance(event, BadInput):
        return Tried(wrong=event, ignored=ignored, body=body)
    try:
        workspace = workspace_of(config, event.workspace)
        told = read_cloud_event(event, workspace, pepper=_PEPPER, now=now)
    except BadInput as error:
        return Tried(wrong=error, ignored=ignored, body=body)
    return Tried(told, _decision(told, workspace, config, now=now), ignored=ignored, body=body)


def of_body(body: bytes, source: str, config: Config, *, now: datetime) -> Tried:
    """What the vendor's own address would do with its own body. Raises `LookupError`."""
    found = config.source(source)
    if found is None:
        known = ", ".join(sorted(s for w in config.workspaces.values() for s in w.sources))
        raise LookupError(f"there is no source {source}; there are {known or 'none'}")
    sender, inbound, decoded = Sender(*found), Inbound(body), _decoded(body)
    try:
        told = read(inbound, sender, pepper=_PEPPER, now=now)
        ignored = _ignored(decoded) if is_cloud_event(inbound, sender.source) else ()
    except BadInput as error:
        return Tried(wrong=error, body=decoded)
    if told is None:
        return Tried()
    return Tried(told, _decision(told, sender.config, config, now=now), ignored=ignored)


def _decision(
    told: Told, workspace: WorkspaceConfig, config: Config, *, now: datetime
) -> Decision | None:
    if told.reported.revision is not None:
        return None
    compiled = compile_config(config).workspaces[workspace.workspace.id]
    return decide(told.reported.interaction, Facts(), workspace=compiled, now=now)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _ignored(event: Any) -> tuple[str, ...]:
    data = event.get("data") if isinstance(event, dict) else None
    known = [one.name for one in fields(Call)]
    given = data if isinstance(data, dict) else {}
    return tuple(_meant(name, known) for name in given if name not in known)


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"{name} (did you mean {near[0]}?)" if near else name
