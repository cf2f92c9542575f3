"""Writing configuration. Only the orchestrator (and test set-up) calls this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.database import Connection

_BEFORE = """
    select w.workspace, w.kind, w.id, d.body,
        -- Over the change log, so that a document deleted and made again never reuses a version.
        (select coalesce(max(c.version), 0) + 1 from config.changes c
         where c.workspace = w.workspace and c.kind = w.kind and c.document = w.id) as version
    from unnest($1::text[], $2::text[], $3::text[]) as w (workspace, kind, id)
    left join config.documents d using (workspace, kind, id)
"""
_DELETE = """
    delete from config.documents d
    using unnest($1::text[], $2::text[], $3::text[]) as w (workspace, kind, id)
    where d.workspace = w.workspace and d.kind = w.kind and d.id = w.id
"""
_UPSERT = """
    insert into config.documents (workspace, kind, id, version, body, enabled_since)
    select w.workspace, w.kind, w.id, w.version, w.body, case when w.enabled then now() end
    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::jsonb[], $6::bool[])
        as w (workspace, kind, id, version, body, enabled)
    on conflict (workspace, kind, id) do update
    set version = excluded.version, body = excluded.body, changed_at = now(),
        enabled_since = case when excluded.enabled_since is not null
            then coalesce(documents.enabled_since, excluded.enabled_since) end
"""
_LOG = """
    insert into config.changes (workspace, kind, document, version, before, after, changed_by)
    select w.workspace, w.kind, w.id, w.version, w.before, w.after, $7
    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::jsonb[], $6::jsonb[])
        with ordinality as w (workspace, kind, id, version, before, after, place)
    order by w.place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to be stored; `body` None deletes it."""

    workspace: str
    kind: str
    id: str
    body: dict[str, Any] | None

    @property
    def place(self) -> tuple[str, str, str]:
        return self.workspace, self.kind, self.id


async def save(connection: Connection, documents: Sequence[Document], *, by: str) -> int:
    """`write` and `advance` in one; the version comes first, so that writers take turns."""
    version = await advance(connection)
    await write(connection, documents, by=by)
    return version


async def advance(connection: Connection) -> int:
    """The new version. Its row is locked until commit: who sees it sees all that came with it."""
    version: int = await connection.fetchval(
        "update config.version set version = version + 1 returning version"
    )
    return version


async def write(connection: Connection, documents: Sequence[Document], *, by: str) -> None:
    """Stores what differs, with one change-log row each, in four statements.

    Must run in a transaction that ends with `advance`, and in turn with others that write these
    documents.
    """
    last = {one.place: one for one in documents}
    rows = await connection.fetch(_BEFORE, *_columns(list(last)))
    known = {(r["workspace"], r["kind"], r["id"]): (r["body"], r["version"]) for r in rows}
    changed = [one for place, one in last.items() if known[place][0] != one.body]
    if not changed:
        return
    gone = [one.place for one in changed if one.body is None]
    kept = [one for one in changed if one.body is not None]
    if gone:
        await connection.execute(_DELETE, *_columns(gone))
    if kept:
        await connection.execute(
            _UPSERT,
            *_columns([one.place for one in kept]),
            [known[one.place][1] for one in kept],
            [one.body for one in kept],
            [one.kind == "flow" and bool((one.body or {}).get("enabled")) for one in kept],
        )
    await connection.execute(
        _LOG,
        *_columns([one.place for one in changed]),
        [known[one.place][1] for one in changed],
        [known[one.place][0] for one in changed],
        [one.body for one in changed],
        by,
    )


def _columns(places: Sequence[tuple[str, str, str]]) -> tuple[list[str], list[str], list[str]]:
    return [p[0] for p in places], [p[1] for p in places], [p[2] for p in places]


async def log_change(
    connection: Connection,
    workspace: str,
    what: tuple[str, str],
    *,
    version: int,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    by: str,
) -> None:
    """A line of the change log about something that is no document: (kind, id)."""
    await connection.execute(
        _LOG, [workspace], [what[0]], [what[1]], [version], [before], [after], by
    )
