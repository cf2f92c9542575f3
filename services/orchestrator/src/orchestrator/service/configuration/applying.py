"""One change of configuration: checked in its turn, stored, and what follows from it begun."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.config.store import Document, advance, write
from common.database import Connection, Database
from common.errors import BadInput, FieldError, Problem, Retry
from common.secrets import OPERATORS
from common.time import Clock, utc_now
from orchestrator.domain.configuring.changes import Change, Documents, Key, after
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.continuity import metric_stays, warnings
from orchestrator.domain.configuring.legal_notice import Notice, enabled_by
from orchestrator.domain.configuring.reading import Written, read
from orchestrator.domain.configuring.rights import Ceilings, Writer, is_own, own_secrets
from orchestrator.repository.configuration import documents, lock, notices, secrets
from orchestrator.repository.schedule import stopping
from orchestrator.service.schedule.stopping import Stopping

_READ_IT = (
    "Read and acknowledge it first: the console's page Legal notice, `aftercall legal-notice`,"
    " or GET /v1/legal-notice and POST /v1/legal-notice/acknowledgements."
)


@dataclass(frozen=True, slots=True)
class Applied:
    """`version` of the configuration afterwards; None when nothing was stored.

    `warnings`: what the changes do to what is counted already, by place.
    """

    version: int | None
    changes: Sequence[Change]
    warnings: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True)
class Applying:
    """`vendors` that ingest understands; empty: not checked here.

    `hosts`: of providers, that the operator allows beside their own.
    """

    db: Database
    stopping: Stopping
    vendors: frozenset[str] = frozenset()
    clock: Clock = utc_now
    hosts: frozenset[str] | None = frozenset()
    ceilings: Ceilings = field(default_factory=Ceilings)
    notice: Notice = field(default_factory=Notice)

    async def read(self, workspace: str, body: object) -> Written:
        """Raises `BadInput`; what is stored just so is not judged."""
        async with self.db.connection() as connection:
            stored = await _documents(connection, workspace)
        # Takes a while: before anybody has to wait for us, and while this process goes on.
        return await asyncio.to_thread(read, body, stored)

    async def apply(
        self,
        workspace: str,
        written: Written,
        changing: Callable[[Documents, Documents], list[Change]],
        *,
        by: str,
        is_operator: bool,
        is_person: bool = False,
        dry_run: bool = False,
        checked: bool = True,
        finish: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> Applied:
        """`changing`: from what is stored now and what was written. `finish`: what else is to be
        done in the transaction that stores changes.

        Raises `BadInput`; `Problem` 409 where the legal notice comes first.
        """
        if not dry_run:
            await self.stopping.finish(workspace, _flows(written.bodies, enabled=True))
        async with self.db.transaction() as connection:
            if not dry_run:
                await lock.turn(connection, workspace)
            before = await _documents(connection, workspace)
            changed = changing(before, written.bodies)
            if checked:
                await self._check(connection, workspace, before, changed, written, is_operator)
            warned = warnings(before, changed, written.places)
            warned += await _unwritten(connection, workspace, changed, written)
            unread: list[FieldError] = []
            if is_person or self.notice.required:
                unread = await self._unread(connection, workspace, before, changed, written)
            if dry_run or not changed:
                return Applied(None, changed, [*warned, *unread])
            if unread:
                raise Problem(409, "The legal notice is not acknowledged", _READ_IT, errors=unread)
            if finish is not None:
                await finish(connection)
            version = await self._store(connection, workspace, changed, by=by)
        self.stopping.wake()
        return Applied(version, changed, warned)

    async def _check(
        self,
        connection: Connection,
        workspace: str,
        before: Documents,
        changed: list[Change],
        written: Written,
        is_operator: bool,
    ) -> None:
        writer = Writer(
            is_operator=is_operator,
            before=before,
            hosts=self.hosts,
            others=await documents.other_workspaces(connection, workspace),
            ceilings=self.ceilings,
        )
        wanted = after(before, changed)
        errors = await asyncio.to_thread(
            review,
            workspace,
            wanted,
            places=written.places,
            elsewhere=await self._elsewhere(connection, workspace, changed, writer),
            changed={(one.kind, one.id) for one in changed if one.body is not None},
            before=before,
            writer=writer,
        )
        surveys = [c.id for c in changed if c.kind == "survey" and c.body is not None]
        if surveys:
            known = await documents.first_metrics(connection, workspace, surveys)
            errors += metric_stays(wanted, known, written.places)
        if errors:
            raise BadInput(errors)

    async def _unread(
        self,
        connection: Connection,
        workspace: str,
        before: Documents,
        changed: Sequence[Change],
        written: Written,
    ) -> list[FieldError]:
        """Flows that would be switched on before anybody acknowledged the legal notice."""
        flows = enabled_by(before, changed)
        known = flows and await notices.is_acknowledged(connection, workspace, self.notice.version)
        return (
            []
            if known
            else [
                FieldError(
                    f"{written.places['flow', flow]}.enabled", "the legal notice comes first"
                )
                for flow in flows
            ]
        )

    async def _elsewhere(
        self, connection: Connection, workspace: str, changed: Sequence[Change], writer: Writer
    ) -> Elsewhere:
        """Of other workspaces only what the changes could meet, and the writer may know."""
        bodies = [c.body for c in changed if c.kind == "account" and c.body is not None]
        references = {
            value
            for body in bodies
            for value in body.values()
            if isinstance(value, str) and value.startswith(OPERATORS)
        }
        sources = [
            change.id
            for change in changed
            if change.kind == "source" and change.change == "added"
            if writer.is_operator or is_own(change.id, workspace, writer.others)
        ]
        return Elsewhere(
            await documents.taken_sources(connection, workspace, sources),
            await documents.senders_of_others(connection, workspace, references),
            self.vendors,
        )

    async def _store(
        self, connection: Connection, workspace: str, changed: Sequence[Change], *, by: str
    ) -> int:
        stored = [
            Document(
                workspace=workspace,
                kind=change.kind,
                id=change.id,
                body=None if change.body is None else dict(change.body),
            )
            for change in changed
        ]
        await write(connection, stored, by=by)
        bodies = {(change.kind, change.id): change.body or {} for change in changed}
        if await stopping.of(connection, workspace, _flows(bodies, enabled=True)):
            raise Retry("the flow was switched off at the same moment")
        await lock.take(connection)  # all workspaces wait from here to the commit
        if off := _flows(bodies, enabled=False):
            await stopping.begin(connection, workspace, off, self.clock())
        return await advance(connection)


def _flows(bodies: Documents, *, enabled: bool) -> list[str]:
    """Those of these documents that say so."""
    return [
        identity
        for (kind, identity), body in bodies.items()
        if kind == "flow" and bool(body.get("enabled")) is enabled
    ]


async def _documents(connection: Connection, workspace: str) -> dict[Key, Mapping[str, Any]]:
    rows = await documents.documents(connection, workspace)
    return {(row["kind"], row["id"]): row["body"] for row in rows}


async def _unwritten(
    connection: Connection, workspace: str, changed: Sequence[Change], written: Written
) -> list[FieldError]:
    """Secrets that a document refers to before they are written: no error, in either order."""
    named = {
        (change.kind, change.id): own_secrets(change.body)
        for change in changed
        if change.kind in ("account", "source") and change.body is not None
    }
    if not any(named.values()):
        return []
    known = {row["name"] for row in await secrets.listed(connection, workspace)}
    return [
        FieldError(
            written.places[key],
            f"the secret {name} is not written yet; until it is, the {key[0]} cannot be used",
        )
        for key, names in named.items()
        for name in sorted(names - known)
    ]
