"""Templates as the provider said last."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from common.database import Connection, Row
from whatsapp_sender.domain.standing import FIELDS, Known, Standing
from whatsapp_sender.domain.templates import State

Place = tuple[str, str]  # name, language
TemplateKey = tuple[str, str, str, str]  # workspace, account, name, language
APPROVED = "approved"


async def states(
    connection: Connection, keys: Iterable[TemplateKey]
) -> Mapping[TemplateKey, State]:
    known = list(keys)
    rows = await connection.fetch(
        """
        select t.* from unnest($1::text[], $2::text[], $3::text[], $4::text[])
            as k (workspace, account, name, language)
        join whatsapp_sender.templates t using (workspace, account, name, language)
        """,
        *([key[part] for key in known] for part in range(4)),
    )
    return {
        (row["workspace"], row["account"], row["name"], row["language"]): _read(row) for row in rows
    }


async def of_workspace(connection: Connection, workspace: str) -> Sequence[tuple[str, State]]:
    """With the account of each, by account, name and language."""
    rows = await connection.fetch(
        """
        select * from whatsapp_sender.templates where workspace = $1
        order by account, name, language
        """,
        workspace,
    )
    return [(row["account"], _read(row)) for row in rows]


async def of_account(connection: Connection, workspace: str, account: str) -> Mapping[Place, State]:
    rows = await connection.fetch(
        "select * from whatsapp_sender.templates where workspace = $1 and account = $2",
        workspace,
        account,
    )
    return {one.place: one for one in map(_read, rows)}


async def save(
    connection: Connection, workspace: str, account: str, changed: Sequence[State], now: datetime
) -> None:
    """Those that became something else; of a refusal, those that were refused again."""
    ordered = sorted(changed, key=lambda one: one.place)
    await connection.execute(
        """
        insert into whatsapp_sender.templates
            (workspace, account, name, language, status, category, reason, sid,
             seen_at, changed_at)
        select $1, $2, *, $9, $9
        from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
        on conflict (workspace, account, name, language) do update
        set status = excluded.status, category = excluded.category, reason = excluded.reason,
            sid = excluded.sid, changed_at = excluded.changed_at
        """,
        workspace,
        account,
        [one.name for one in ordered],
        [one.language for one in ordered],
        [one.status for one in ordered],
        [one.category for one in ordered],
        [one.reason for one in ordered],
        [one.sid for one in ordered],
        now,
    )


async def numbers(connection: Connection, workspace: str) -> Sequence[Known]:
    """Of each account, by number."""
    rows = await connection.fetch(
        "select * from whatsapp_sender.numbers where workspace = $1 order by account, number",
        workspace,
    )
    return [
        Known(
            account=row["account"],
            standing=Standing(**{name: row[name] for name in FIELDS}),
            changed_at=row["changed_at"],
        )
        for row in rows
    ]


async def save_numbers(
    connection: Connection,
    workspace: str,
    account: str,
    found: Sequence[Standing],
    now: datetime,
) -> None:
    """All of the account: what it has no longer goes, and what changed did so now."""
    await connection.execute(
        "delete from whatsapp_sender.numbers"
        " where workspace = $1 and account = $2 and number <> all($3::text[])",
        workspace,
        account,
        [one.number for one in found],
    )
    await connection.executemany(
        """
        insert into whatsapp_sender.numbers as n
            (workspace, account, changed_at, number, status, quality, messaging_limit,
             verified_name, name_status, verification, review)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (workspace, account, number) do update
        set status = excluded.status, quality = excluded.quality,
            messaging_limit = excluded.messaging_limit, verified_name = excluded.verified_name,
            name_status = excluded.name_status, verification = excluded.verification,
            review = excluded.review, changed_at = excluded.changed_at
        """,
        [
            (workspace, account, now, *(getattr(one, name) for name in FIELDS))
            for one in sorted(found, key=lambda one: one.number)
        ],
    )


async def not_approved(connection: Connection) -> Mapping[str, int]:
    """How many of ours there are in each state but `approved`; what is gone was replaced."""
    rows = await connection.fetch(
        r"""
        select status, count(*) as count from whatsapp_sender.templates
        where status not in ('approved', 'gone') and name like 'aftercall\_%' group by status
        """
    )
    return {row["status"]: row["count"] for row in rows}


def _read(row: Row) -> State:
    return State(
        name=row["name"],
        language=row["language"],
        status=row["status"],
        category=row["category"],
        reason=row["reason"],
        sid=row["sid"],
        changed_at=row["changed_at"],
    )
