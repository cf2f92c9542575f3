"""Writing configuration: all of a file or nothing of it, in turn with the deciding batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.config.store import Document, save
from common.database import Connection, Database
from common.errors import BadInput, Problem
from common.time import Clock, utc_now
from orchestrator.domain.configuring.changes import Change, Documents, Key, after, changes
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import Written, read
from orchestrator.domain.invitation import FLOW_DISABLED
from orchestrator.repository import configuration, contacts, gate, invitations
from orchestrator.service.cancelling import cancel


@dataclass(frozen=True, slots=True)
class Applied:
    """`version` of the configuration afterwards; None when nothing was stored."""

    version: int | None
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Configuring:
    """`vendors` that ingest understands; empty: not checked here."""

    db: Database
    vendors: frozenset[str] = frozenset()
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def apply(
        self, workspace: str, body: object, *, by: str, prune: bool = False, dry_run: bool = False
    ) -> Applied:
        """Raises `BadInput` with every error's place in `body`."""
        async with self.db.connection() as connection:
            stored = await _documents(connection, workspace)
        written = read(body, stored)  # takes a while, so before anybody has to wait for us
        async with self.db.transaction() as connection:
            if not dry_run:
                await gate.close(connection)
            before = await _documents(connection, workspace)
            changed = changes(before, written.bodies, prune=prune)
            await self._check(connection, workspace, before, changed, written)
            if dry_run or not changed:
                return Applied(None, changed)
            version = await self._store(connection, workspace, changed, by=by)
        self.committed()
        return Applied(version, changed)

    async def switch_flow(self, workspace: str, flow: str, *, enabled: bool, by: str) -> Applied:
        """Raises `Problem` 404 or `BadInput`. Off is always possible, whatever is written there."""
        key = ("flow", flow)
        async with self.db.transaction() as connection:
            await gate.close(connection)
            before = await _documents(connection, workspace)
            if key not in before:
                raise Problem(404, "No such flow")
            wanted = {key: {**before[key], "enabled": enabled}}
            changed = changes(before, wanted, prune=False)
            written = Written(wanted, {key: "flow"})
            if enabled:
                await self._check(connection, workspace, before, changed, written)
            if not changed:
                return Applied(None, changed)
            version = await self._store(connection, workspace, changed, by=by)
        self.committed()
        return Applied(version, changed)

    async def _check(
        self,
        connection: Connection,
        workspace: str,
        before: Documents,
        changed: list[Change],
        written: Written,
    ) -> None:
        sources, senders = await configuration.of_others(connection, workspace)
        elsewhere = Elsewhere(sources, senders, self.vendors)
        errors = review(
            workspace,
            after(before, changed),
            places=written.places,
            elsewhere=elsewhere,
            changed={(one.kind, one.id) for one in changed if one.body is not None},
        )
        if errors:
            raise BadInput(errors)

    async def _store(
        self, connection: Connection, workspace: str, changed: Sequence[Change], *, by: str
    ) -> int:
        documents = [
            Document(
                workspace=workspace,
                kind=change.kind,
                id=change.id,
                body=None if change.body is None else dict(change.body),
            )
            for change in changed
        ]
        version = await save(connection, documents, by=by)
        off = [c.id for c in changed if c.kind == "flow" and not (c.body or {}).get("enabled")]
        if off:
            await self._stop_flows(connection, workspace, off)
        return version

    async def _stop_flows(
        self, connection: Connection, workspace: str, flows: Sequence[str]
    ) -> None:
        """What they have planned is cancelled, what is at a sender is called back."""
        now = self.clock()
        open_ones = await invitations.open_of_flows(connection, workspace, flows, now)
        await contacts.lock(connection, {contact for _, contact in open_ones})
        found = await invitations.lock_open(connection, [one for one, _ in open_ones])
        await cancel(connection, found, FLOW_DISABLED, now=now)


async def _documents(connection: Connection, workspace: str) -> dict[Key, Mapping[str, Any]]:
    rows = await configuration.documents(connection, workspace)
    return {(row["kind"], row["id"]): row["body"] for row in rows}
