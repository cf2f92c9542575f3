"""Writing configuration. Only the orchestrator (and test set-up) calls this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to be stored; `body` None deletes it."""

    workspace: str
    kind: str
    id: str
    body: dict[str, Any] | None


async def save(connection: Connection, documents: Sequence[Document], *, by: str) -> int:
    """Stores what differs, with one change-log row each; returns the new config version.

    Must run in a transaction. The version row is locked first, so writers take turns and a reader
    that sees the new version sees all its documents.
    """
    version: int = await connection.fetchval(
        "update config.version set version = version + 1 returning version"
    )
    for document in documents:  # an edit by a person: few documents, clarity over batching
        await _save_one(connection, document, by=by)
    return version


async def _save_one(connection: Connection, document: Document, *, by: str) -> None:
    key = (document.workspace, document.kind, document.id)
    before = await connection.fetchval(
        "select body from config.documents where workspace=$1 and kind=$2 and id=$3", *key
    )
    if before == document.body:
        return
    # Counted over the change log, so that a document deleted and made again never reuses a version.
    revision: int = await connection.fetchval(
        "select coalesce(max(version), 0) + 1 from config.changes"
        " where workspace=$1 and kind=$2 and document=$3",
        *key,
    )
    if document.body is None:
        await connection.execute(
            "delete from config.documents where workspace=$1 and kind=$2 and id=$3", *key
        )
    else:
        await connection.execute(
            """
            insert into config.documents (workspace, kind, id, version, body, enabled_since)
            values ($1, $2, $3, $4, $5, case when $6 then now() end)
            on conflict (workspace, kind, id) do update
            set version = excluded.version, body = excluded.body, changed_at = now(),
                enabled_since = case when $6 then coalesce(documents.enabled_since, now()) end
            """,
            *key,
            revision,
            document.body,
            document.kind == "flow" and bool(document.body.get("enabled")),
        )
    await connection.execute(
        "insert into config.changes (workspace, kind, document, version, before, after, changed_by)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *key,
        revision,
        before,
        document.body,
        by,
    )
