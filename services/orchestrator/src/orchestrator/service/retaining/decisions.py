"""Decisions that are too old go, or lose the person or the recording, as the workspace says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import structs

from common.config import ConfigReader
from common.config.retention import kept
from common.database import Connection, Database
from common.database.retention import NEXT, Kind, Retaining
from common.events import decode
from common.events.decisions import Decision
from common.time import Clock
from orchestrator.domain.erasure import without_person
from orchestrator.domain.keys import Key
from orchestrator.repository import audiences
from orchestrator.repository.consent import contacts
from orchestrator.repository.deciding import decisions, old
from orchestrator.repository.schedule import invitations
from orchestrator.service import events

LIMIT = 500  # decisions in one transaction
KINDS = ("decisions", "addresses", "recordings")
_RECORDING = b'"recording_url"'  # as it is in an event


async def _leave_audiences(
    connection: Connection, workspace: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Who was decided about by then: that they were in one is forgotten, too."""
    people = {row["contact_id"] for row in rows} - {decisions.NOBODY, None}
    if people:
        until = max(row["decided_at"] for row in rows)
        await audiences.forget_decided(connection, workspace, people, until)


async def _delete(
    connection: Connection, workspace: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """With their invitations: at this age nothing of them waits any more."""
    await _leave_audiences(connection, workspace, rows)
    found = [decode(row["event"], Decision).data for row in rows if row["event"] is not None]
    asked = [(workspace, one.invitation_id) for one in found if one.invitation_id]
    await invitations.delete(connection, asked)
    await old.delete(connection, workspace, [row["interaction_id"] for row in rows])


async def _forget(
    connection: Connection, workspace: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Whose calls they were; who was not asked since is no number any more. Caps stay.

    What does not open stays: nobody can read it, nor write it without the person.
    """
    await _leave_audiences(connection, workspace, rows)
    found = [
        row for row in rows if row["contact_id"] != decisions.NOBODY and row["event"] is not None
    ]
    told = [decode(row["event"], Decision).data for row in found]
    people = {(workspace, who) for one in told if (who := one.interaction.contact_id) is not None}
    asked = {one.invitation_id for one in told}  # some are due later than they were decided
    until = max((row["decided_at"] for row in found), default=None)
    locked = await contacts.lock(connection, people)
    silent = [
        key[1]
        for key, one in locked.items()
        if until and all(ask.ended_at <= until or ask.invitation_id in asked for ask in one.asks)
    ]
    await old.forget_addresses(connection, workspace, silent)
    stripped: dict[Key, bytes] = {}
    for key, event in (await _locked(connection, workspace, found)).items():
        one = decode(event, Decision)
        stripped[key] = events.decided(without_person(one.data), one.traceparent).value or b""
    await decisions.forget_contact(connection, stripped)


async def _unlink(
    connection: Connection, workspace: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Where recordings are."""
    found = [row for row in rows if _RECORDING in (row["event"] or b"")]
    changed: dict[Key, bytes] = {}
    for key, event in (await _locked(connection, workspace, found)).items():
        one = decode(event, Decision)
        interaction = structs.replace(one.data.interaction, recording_url=None)
        decision = structs.replace(one.data, interaction=interaction)
        changed[key] = events.decided(decision, one.traceparent).value or b""
    await decisions.amend(connection, changed)


async def _locked(
    connection: Connection, workspace: str, rows: Sequence[Mapping[str, Any]]
) -> Mapping[Key, bytes]:
    """Their events as they are now: somebody may have amended them since they were found."""
    keys = [(workspace, row["interaction_id"]) for row in rows]
    stored = await decisions.lock_events(connection, keys) if keys else {}
    return {key: event for key, event in stored.items() if event is not None}


_WORK = {"decisions": _delete, "addresses": _forget, "recordings": _unlink}


async def _clear(
    kind: str, connection: Connection, workspace: str, since: datetime, until: datetime
) -> datetime:
    rows = await old.of_time(connection, workspace, since, until, limit=LIMIT)
    if rows:
        await _WORK[kind](connection, workspace, rows)
    last: datetime = rows[-1]["decided_at"] + NEXT if len(rows) >= LIMIT else until
    return last


def retaining(db: Database, config: ConfigReader, clock: Clock) -> Retaining:
    return Retaining(
        db=db,
        schema="orchestrator",
        kinds={kind: Kind(partial(_clear, kind), old.some) for kind in KINDS},
        wanted=partial(kept, config, KINDS),
        clock=clock,
        late=True,
    )
