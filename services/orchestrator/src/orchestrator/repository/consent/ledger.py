"""`orchestrator.consent_ledger`: append-only; what a contact allows is read from all of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from common.database import Connection, Row
from common.events.consent import ConsentChanged, ConsentState
from orchestrator.domain.consent import Statement
from orchestrator.domain.keys import Key, columns

# A step down the index for each channel and state that a contact has: who imports the same person
# a million times keeps nobody waiting.
_NEWEST = """
    with recursive newest as (
        select k.workspace, k.contact_id, first.*
        from unnest($1::text[], $2::uuid[]) as k (workspace, contact_id)
        cross join lateral (
            select l.channel, l.state, l.occurred_at from orchestrator.consent_ledger l
            where l.workspace = k.workspace and l.contact_id = k.contact_id
            order by l.channel desc, l.state desc, l.occurred_at desc limit 1
        ) as first
        union all
        select n.workspace, n.contact_id, next.*
        from newest n
        cross join lateral (
            select l.channel, l.state, l.occurred_at from orchestrator.consent_ledger l
            where l.workspace = n.workspace and l.contact_id = n.contact_id
              and (l.channel, l.state) < (n.channel, n.state)
            order by l.channel desc, l.state desc, l.occurred_at desc limit 1
        ) as next
    )
    select workspace, contact_id, channel, state, occurred_at from newest
"""


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
    rows = await connection.fetch(_NEWEST, *columns(contacts))
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
