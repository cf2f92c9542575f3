"""What would happen with an event: read and decided by the platform's own code."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from aftercall.config_loading import workspace_of
from common.config import Config, WorkspaceConfig
from common.config.mapping import MAPPED
from common.errors import BadInput, Problem
from common.events.decisions import Decision
from ingest.domain.call import Call
from ingest.domain.vendor import Inbound, NoEnd
from ingest.schemas import CloudEvent, read_event
from ingest.service.cloudevents import read_batch
from ingest.service.reading import (
    ConfiguredSource,
    IntakeReport,
    is_cloud_event,
    read_report,
    report_of_event,
)
from ingest.vendors.mapped_json import Step, explained
from orchestrator.domain.compiled import compile_config
from orchestrator.domain.deciding import Facts, decide

_PEPPER = b"contact ids of a check go nowhere"
_SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class EventCheck:
    """`refused`: why. Neither that nor `taken`: an event of no use, which is ignored.

    `decision` None of what was taken: an amendment, about which nobody decides.
    """

    taken: IntakeReport | None = None
    decision: Decision | None = None
    refused: BadInput | None = None
    unread: tuple[str, ...] = ()  # fields of `data` that nobody reads, and what was meant
    no_end: NoEnd | None = None  # why it was ignored
    steps: tuple[Step, ...] = ()  # how a source's mapping reads it
    body: Any = None  # decoded, where it is JSON

    def value_at(self, path: str) -> str | None:
        """What stands at a wrong field's path; None where that cannot be known."""
        value = self.body
        try:
            for step in path.replace("[", ".").replace("]", "").split("."):
                value = value[int(step)] if isinstance(value, list) else value[step]
        except (ValueError, LookupError, TypeError):
            return None
        shown = json.dumps(value, ensure_ascii=False)
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def check_events(body: bytes, config: Config, *, now: datetime) -> list[EventCheck]:
    """What `POST /v1/events` would do with an event or a batch of them."""
    batch = body.lstrip().startswith(b"[")
    try:
        events = read_batch(body) if batch else [_read(body)]
    except BadInput as error:
        return [EventCheck(refused=error)]
    except Problem as problem:  # a batch that is too long
        return [EventCheck(refused=BadInput.at("", problem.detail))]
    decoded = _decoded(body)
    bodies = decoded if batch else [decoded]
    return [_check(one, sent, config, now=now) for one, sent in zip(events, bodies, strict=True)]


def _read(body: bytes) -> CloudEvent | BadInput:
    try:
        return read_event(body)
    except BadInput as error:
        return error


def _check(event: CloudEvent | BadInput, body: Any, config: Config, *, now: datetime) -> EventCheck:
    unread = _unread(body)
    if isinstance(event, BadInput):
        return EventCheck(refused=event, unread=unread, body=body)
    try:
        workspace = workspace_of(config, event.workspace)
        taken = report_of_event(event, workspace, pepper=_PEPPER, now=now)
    except BadInput as error:
        return EventCheck(refused=error, unread=unread, body=body)
    decision = _decision(taken, workspace, config, now=now)
    return EventCheck(taken, decision, unread=unread, body=body)


def check_body(body: bytes, source: str, config: Config, *, now: datetime) -> EventCheck:
    """What the vendor's own address would do with its own body. Raises `LookupError`."""
    found = config.source(source)
    if found is None:
        known = ", ".join(sorted(s for w in config.workspaces.values() for s in w.sources))
        raise LookupError(f"there is no source {source}; there are {known or 'none'}")
    configured, decoded = ConfiguredSource(*found), _decoded(body)
    inbound = Inbound(body, received_at=now)
    steps = _steps(inbound, configured)
    try:
        taken = read_report(inbound, configured, pepper=_PEPPER, now=now)
        unread = _unread(decoded) if is_cloud_event(inbound, configured.source) else ()
    except BadInput as error:
        return EventCheck(refused=error, steps=steps, body=decoded)
    if isinstance(taken, NoEnd):
        return EventCheck(no_end=taken, steps=steps)
    decision = _decision(taken, configured.config, config, now=now)
    return EventCheck(taken, decision, unread=unread, steps=steps)


def _steps(inbound: Inbound, configured: ConfiguredSource) -> tuple[Step, ...]:
    if configured.vendor != MAPPED or is_cloud_event(inbound, configured.source):
        return ()
    try:
        return tuple(explained(inbound, configured.source))
    except BadInput:
        return ()  # what is no body is refused as such


def _decision(
    taken: IntakeReport, workspace: WorkspaceConfig, config: Config, *, now: datetime
) -> Decision | None:
    if taken.report.revision is not None:
        return None
    compiled = compile_config(config).workspaces[workspace.workspace.id]
    return decide(taken.report.interaction, Facts(), workspace=compiled, now=now)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _unread(event: Any) -> tuple[str, ...]:
    data = event.get("data") if isinstance(event, dict) else None
    known = [one.name for one in fields(Call)]
    given = data if isinstance(data, dict) else {}
    return tuple(_meant(name, known) for name in given if name not in known)


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"{name} (did you mean {near[0]}?)" if near else name
