"""Plays dry runs, one at a time, some calls after the other: deciding goes on beside it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from common.config.reader import assemble
from common.database import Connection, Database, Row
from common.errors import Retry
from common.events.calls import Outline
from common.looking import Looking
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator.domain.compiled import CompiledConfig, compile_config
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.consent import Yes, yeses_of
from orchestrator.domain.contact import Contact
from orchestrator.domain.interaction_view import viewed
from orchestrator.domain.replay import Replay
from orchestrator.repository.configuration import documents
from orchestrator.repository.consent import ledger
from orchestrator.repository.consent.contacts import link_of
from orchestrator.repository.deciding import dry_runs
from orchestrator.service.consent.listed import listed
from orchestrator.service.current_config import lists_of
from orchestrator.service.dry_run.result import answers_each, result_of

log = logging.get(__name__)
MOST = 1_000_000  # calls of one run: the latest
CHUNK = 2_000  # calls that are read at once
AT_ONCE = 50  # calls that are decided before others have their turn
LEASE = timedelta(minutes=2)
LATEST = 20_000  # asks that tell how many are answered
SINCE = timedelta(days=28)


class _Told(msgspec.Struct):
    interaction: msgspec.Raw


class _Event(msgspec.Struct):
    data: _Told


_event = msgspec.json.Decoder(_Event)


@dataclass(slots=True, kw_only=True)
class Playing(Looking):
    """Writes nothing but how far it is, and the result."""

    WORK: ClassVar[str] = "dry_run"
    PAUSE: ClassVar[float] = 5.0
    db: Database
    ceilings: Ceilings
    clock: Clock = utc_now

    async def look(self) -> bool:
        """Plays one; whether there was any. Raises `Retry`: it is begun again after its lease."""
        now = self.clock()
        async with self.db.connection() as connection:
            one = await dry_runs.take(connection, now, now + LEASE)
        if one is None:
            return False
        try:
            await self._play(one)
        except Retry:
            raise
        except Exception as error:
            log.error("dry_run_failed", run=str(one["id"]), exc_info=error)
            await self._end(one, error=type(error).__name__)
        return True

    async def _play(self, one: Row) -> None:
        workspace = one["workspace"]
        async with self.db.transaction() as connection:
            await connection.execute("set local statement_timeout = '120s'")
            config = await self._config(connection, one)
            calls = await dry_runs.calls(
                connection, workspace, since=one["since"], until=one["until"], limit=MOST
            )
            rates = await dry_runs.answered(
                connection, workspace, self.clock() - SINCE, limit=LATEST
            )
        replay = Replay(config, config.workspaces[workspace], answers_each=answers_each(rates))
        played = 0
        for start in range(0, len(calls), CHUNK):
            some = calls[start : start + CHUNK]
            if not await self._step(one, played, len(calls)):
                return
            await self._some(replay, workspace, some)
            played += len(some)
        await self._step(one, played, len(calls))
        result = result_of(replay.outcome, rates, one["draft"]["prices"])
        await self._end(one, result=result | {"cut": len(calls) == MOST})

    async def _config(self, connection: Connection, one: Row) -> CompiledConfig:
        """What is stored, with the draft over it; every flow that is on has always been."""
        workspace = one["workspace"]
        rows = {
            (row["kind"], row["id"]): {**row, "workspace": workspace, "enabled_since": None}
            for row in await documents.documents(connection, workspace)
        }
        for kind, identity, body in one["draft"]["documents"]:
            told = body | {"enabled": True} if kind == "flow" else body
            before = rows.get((kind, identity), {"version": 0})
            rows[kind, identity] = {
                "workspace": workspace,
                "kind": kind,
                "id": identity,
                "version": before["version"] + 1,
                "enabled_since": None,
                "body": told,
            }
        config = assemble(0, rows.values())
        return compile_config(config, self.ceilings, await lists_of(connection))

    async def _some(
        self, replay: Replay, workspace: str, calls: Sequence[tuple[datetime, UUID]]
    ) -> None:
        async with self.db.connection() as connection:
            events = await dry_runs.events(connection, workspace, [call for _, call in calls])
            told = [
                (decided_at, viewed(_event.decode(events[call]).data.interaction))
                for decided_at, call in calls
                if call in events  # deleted meanwhile
            ]
            strangers = {
                one.contact_id
                for _, one in told
                if one.contact_id and (workspace, one.contact_id) not in replay.contacts
            }
            rows = await dry_runs.consent(connection, workspace, strangers)
            if replay.workspace.links_customers:
                persons = {one.person_id for _, one in told if one.person_id is not None}
                persons |= {row["person"] for row in rows if row["person"] is not None}
                rows += await dry_runs.of_persons(connection, workspace, persons)
            agreed = [(workspace, row["id"]) for row in rows if row["granted"]]
            dated = bool(agreed) and bool(replay.workspace.consent_expires)
            said = await ledger.newest(connection, agreed) if dated else {}
            for row in rows:
                key = workspace, row["id"]
                replay.know(key, _as_of_now(row, yeses_of(said.get(key, ()))))
            people = {(workspace, one.contact_id) for _, one in told if one.contact_id}
            people |= {(workspace, row["id"]) for row in rows}
            replay.listed = await listed(connection, people, replay.config)
        for decided_at, together in _slices(told):
            replay.play(together, decided_at)
            await asyncio.sleep(0)

    async def _step(self, one: Row, played: int, calls: int) -> bool:
        async with self.db.connection() as connection:
            return await dry_runs.step(
                connection,
                one["workspace"],
                one["id"],
                played=played,
                calls=calls,
                until=self.clock() + LEASE,
            )

    async def _end(self, one: Row, **how: Any) -> None:
        async with self.db.connection() as connection:
            await dry_runs.end(connection, one["workspace"], one["id"], **how)


def _as_of_now(row: Row, yeses: tuple[Yes, ...]) -> Contact:
    return Contact(
        withdrawn=row["withdrawn"],
        granted=row["granted"],
        unreachable=row["unreachable"],
        unreachable_since=row["unreachable_since"],
        link=link_of(row),
        yeses=yeses,
    )


def _slices(
    told: Sequence[tuple[datetime, Outline]],
) -> Iterator[tuple[datetime, Sequence[Outline]]]:
    """What was decided together, some at a time."""
    for decided_at, together in groupby(told, key=lambda one: one[0]):
        those = [one for _, one in together]
        for start in range(0, len(those), AT_ONCE):
            yield decided_at, those[start : start + AT_ONCE]
