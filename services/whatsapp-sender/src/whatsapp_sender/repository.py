"""Templates as the provider said last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.database import Connection, Row

TemplateKey = tuple[str, str, str, str]  # workspace, account, name, language
APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`status` and `category` in the provider's words, in small letters."""

    workspace: str
    account: str
    name: str
    language: str
    status: str
    category: str = ""
    reason: str = ""
    changed_at: datetime | None = None  # when it became this

    @property
    def key(self) -> TemplateKey:
        return self.workspace, self.account, self.name, self.language


async def states(
    connection: Connection, keys: Iterable[TemplateKey]
) -> Mapping[TemplateKey, Template]:
    known = list(keys)
    rows = await connection.fetch(
        """
        select t.* from unnest($1::text[], $2::text[], $3::text[], $4::text[])
            as k (workspace, account, name, language)
        join whatsapp_sender.templates t using (workspace, account, name, language)
        """,
        *([key[part] for key in known] for part in range(4)),
    )
    return {one.key: one for one in map(_read, rows)}


async def of_account(
    connection: Connection, workspace: str, account: str
) -> Mapping[TemplateKey, Template]:
    rows = await connection.fetch(
        "select * from whatsapp_sender.templates where workspace = $1 and account = $2",
        workspace,
        account,
    )
    return {one.key: one for one in map(_read, rows)}


async def save(connection: Connection, templates: Sequence[Template], now: datetime) -> None:
    ordered = sorted(templates, key=lambda one: one.key)
    await connection.execute(
        """
        insert into whatsapp_sender.templates as t
            (workspace, account, name, language, status, category, reason, seen_at, changed_at)
        select *, $8, $8 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
                                     $6::text[], $7::text[])
        on conflict (workspace, account, name, language) do update
        set status = excluded.status, category = excluded.category, reason = excluded.reason,
            seen_at = excluded.seen_at,
            changed_at = case when (t.status, t.category) = (excluded.status, excluded.category)
                              then t.changed_at else excluded.changed_at end
        """,
        [one.workspace for one in ordered],
        [one.account for one in ordered],
        [one.name for one in ordered],
        [one.language for one in ordered],
        [one.status for one in ordered],
        [one.category for one in ordered],
        [one.reason for one in ordered],
        now,
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


def _read(row: Row) -> Template:
    return Template(
        workspace=row["workspace"],
        account=row["account"],
        name=row["name"],
        language=row["language"],
        status=row["status"],
        category=row["category"],
        reason=row["reason"],
        changed_at=row["changed_at"],
    )
