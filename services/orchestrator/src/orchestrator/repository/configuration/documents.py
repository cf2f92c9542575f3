"""Documents and their change log, beside what `common.config` reads and stores."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from common.database import Connection, Row
from common.phone import normalised
from orchestrator.domain.configuring.changes import Key


async def documents(connection: Connection, workspace: str) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        "select kind, id, version, body, enabled_since from config.documents"
        " where workspace = $1 order by kind, id",
        workspace,
    )
    return rows


async def exists(connection: Connection, workspace: str) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from config.documents"
        " where workspace = $1 and kind = 'workspace' and id = $1)",
        workspace,
    )
    return found


async def taken_sources(
    connection: Connection, workspace: str, ids: Collection[str]
) -> Collection[str]:
    """Those of `ids` that another workspace has."""
    rows = await connection.fetch(
        "select id from config.documents"
        " where kind = 'source' and id = any($2) and workspace <> $1",
        workspace,
        list(ids),
    )
    return {row["id"] for row in rows}


async def other_workspaces(connection: Connection, workspace: str) -> Collection[str]:
    """Those whose name begins with that of `workspace`."""
    rows = await connection.fetch(
        "select id from config.documents where kind = 'workspace' and id like $1 || '-%'",
        workspace,
    )
    return {row["id"] for row in rows}


async def senders_of_others(
    connection: Connection, workspace: str, references: Collection[str]
) -> Collection[tuple[str, str]]:
    """(number, reference) of accounts elsewhere that the same references of an operator open."""
    if not references:
        return ()
    rows = await connection.fetch(
        "select body from config.documents where kind = 'account' and workspace <> $1",
        workspace,
    )
    return {
        (number, value)
        for row in rows
        for value in row["body"].values()
        if isinstance(value, str) and value in references
        for number in _numbers(row["body"])
    }


def _numbers(account: Mapping[str, Any]) -> Iterator[str]:
    """Of an account whose document need not be readable to us."""
    senders = account.get("senders")
    for sender in senders if isinstance(senders, list) else ():
        told = sender.get("number") if isinstance(sender, dict) else None
        if isinstance(told, str) and (number := normalised(told)):
            yield number


async def workspaces(connection: Connection) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        "select kind, id, version, body, enabled_since from config.documents"
        " where kind = 'workspace' order by id"
    )
    return rows


async def changes(
    connection: Connection,
    workspace: str,
    *,
    kind: str | None,
    document: str | None,
    before: int | None,
    limit: int,
) -> list[Row]:
    """The change log, newest first; `before` is the id of the last row of the page before."""
    rows: list[Row] = await connection.fetch(
        "select id, kind, document, version, before, after, changed_at, changed_by"
        " from config.changes where workspace = $1 and ($2::text is null or kind = $2)"
        " and ($3::text is null or document = $3) and ($4::bigint is null or id < $4)"
        " order by id desc limit $5",
        workspace,
        kind,
        document,
        before,
        limit,
    )
    return rows


async def version(
    connection: Connection, workspace: str, key: Key, number: int
) -> Mapping[str, Any] | None:
    """A document as it was after its change of that number."""
    body: Mapping[str, Any] | None = await connection.fetchval(
        "select after from config.changes"
        " where workspace = $1 and kind = $2 and document = $3 and version = $4",
        workspace,
        *key,
        number,
    )
    return body


async def first_metrics(
    connection: Connection, workspace: str, surveys: Collection[str]
) -> Mapping[str, str]:
    """By survey, the metric that it began with: of all that ever had that id."""
    rows = await connection.fetch(
        "select distinct on (document) document, after ->> 'metric' as metric"
        " from config.changes where workspace = $1 and kind = 'survey' and document = any($2)"
        " and after is not null order by document, id",
        workspace,
        list(surveys),
    )
    return {row["document"]: row["metric"] for row in rows}
