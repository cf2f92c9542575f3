"""`orchestrator.consent_ledger`: append-only; what a contact allows is read from all of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from common.database import Connection, Row
from common.events.consent import ConsentChanged, ConsentState
from orchestrator.domain.consent import Statement
from orchestrator.domain.keys import Key
from orchestrator.repository.by_keys import ByKeys

_NEWEST = ByKeys(
    "select workspace, contact_id, channel, state, max(occurred_at) as occurred_at"
    " from orchestrator.consent_ledger {keys}"
    " group by workspace, contact_id, channel, state",
    identity="contact_id",
)


async def append(connection: Connection, changes: Sequence[tuple[str, ConsentChanged]]) -> None:
    """(workspace, change); one that is known already changes nothing."""
    await connection.execute(
        "insert into orchestrator.consent_ledger"
        " (workspace, id, contact_id, channel, state, occurred_at, source, evidence)"
        " select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],"
        " $6::timestamptz[], $7::text[], $8::text[]) on conflict (workspace, id) do nothing",
        [workspace for workspace, _ in changes],
        [change.id for _, change in changes],
        [change.contact_id for _, change in changes],
        [change.channel for _, change in changes],
        [str(change.state) for _, change in changes],
        [change.occurred_at for _, change in changes],
        [change.source for _, change in changes],
        [change.evidence for _, change in changes],
    )


async def newest(connection: Connection, contacts: Collection[Key]) -> dict[Key, list[Statement]]:
    """Per contact, channel and state the newest by `occurred_at`."""
    rows = await _NEWEST.fetch(connection, contacts)
    found: dict[Key, list[Statement]] = {}
    for row in rows:
        told = found.setdefault((row["workspace"], row["contact_id"]), [])
        told.append(Statement(row["channel"], ConsentState(row["state"]), row["occurred_at"]))
    return found


async def forget_evidence(connection: Connection, workspace: str, contact: UUID) -> None:
    """What was said may name the person; that it was said stays."""
    await connection.execute(
        "update orchestrator.consent_ledger set evidence = ''"
        " where workspace = $1 and contact_id = $2 and evidence <> ''",
        workspace,
        contact,
    )


async def entries(connection: Connection, workspace: str, contact: UUID) -> list[Row]:
    """Everything that was ever said, newest first."""
    rows: list[Row] = await connection.fetch(
        "select channel, state, occurred_at, source, evidence, recorded_at"
        " from orchestrator.consent_ledger where workspace = $1 and contact_id = $2"
        " order by occurred_at desc, recorded_at desc",
        workspace,
        contact,
    )
    return rows
