"""Mails to those who are named in rules: rows that are sent, as webhooks are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from common.database import Connection, Row

_TODAY = """
    select count(*) from closed_loop.mails
    where workspace = $1 and made_at > now() - interval '1 day'
"""
_WRITE = """
    insert into closed_loop.mails
        (workspace, id, rule_id, recipient, subject, text, due_at, state, problem, done_at)
    select $1, m.id, $2, m.recipient, $5, $6, $7::timestamptz,
        case when m.place <= $8::bigint then 'waiting' else 'failed' end,
        case when m.place > $8 then $9::text end, case when m.place > $8 then $7::timestamptz end
    from unnest($3::uuid[], $4::text[]) with ordinality as m (id, recipient, place)
    on conflict do nothing
"""
# Of each workspace some: nobody's mails wait for all of another's.
_CLAIM = """
    with ranked as (
        select workspace, id, row_number() over (partition by workspace order by due_at) as place
        from closed_loop.mails where state = 'waiting' and due_at <= $1
    ), due as (
        select m.workspace, m.id from closed_loop.mails m join ranked r using (workspace, id)
        where m.state = 'waiting' and m.due_at <= $1
        order by r.place limit $2 for update of m skip locked
    )
    update closed_loop.mails m set due_at = $1 + $3::interval, tries = m.tries + 1 from due
    where m.workspace = due.workspace and m.id = due.id returning m.*
"""
_RECORD = """
    update closed_loop.mails set state = $3, problem = $4, due_at = coalesce($5, due_at),
        done_at = case when $3 = 'waiting' then null else $6::timestamptz end
    where workspace = $1 and id = $2 and due_at = $7
"""
_PAGE = """
    select id, rule_id, recipient, subject, state, tries, problem, made_at, done_at
    from closed_loop.mails
    where workspace = $1 and ($2::timestamptz is null or (made_at, id) < ($2, $3::uuid))
    order by made_at desc, id desc limit $4
"""
_FORGET = """
    delete from closed_loop.mails where ctid = any(array(
        select ctid from closed_loop.mails where made_at < $1 limit $2
    ))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`lease`: what `due_at` became when it was claimed."""

    workspace: str
    id: UUID
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    tries: int
    lease: datetime


async def write(
    connection: Connection,
    workspace: str,
    rule: UUID,
    mails: Sequence[tuple[UUID, str]],
    *,
    subject: str,
    text: str,
    now: datetime,
    most: int,
) -> int:
    """(id, recipient) of each; how many are beyond `most` of the workspace in a day.

    Those are written down as failed; of twice as many not even that.
    """
    today: int = await connection.fetchval(_TODAY, workspace)
    mails, room = mails[: max(0, 2 * most - today)], max(0, most - today)
    ids, recipients = [one[0] for one in mails], [one[1] for one in mails]
    said = f"the workspace has sent {most} mails in a day already"
    given = (workspace, rule, ids, recipients, subject, text, now, room, said)
    await connection.execute(_WRITE, *given)
    return max(0, len(mails) - room)


async def claim(
    connection: Connection, *, now: datetime, most: int, lease: timedelta
) -> list[Mail]:
    return [
        Mail(
            workspace=row["workspace"],
            id=row["id"],
            recipient=row["recipient"],
            subject=row["subject"],
            text=row["text"],
            tries=row["tries"],
            lease=row["due_at"],
        )
        for row in await connection.fetch(_CLAIM, now, most, lease)
    ]


async def record(
    connection: Connection,
    mail: Mail,
    *,
    state: str,
    problem: str | None,
    again_at: datetime | None,
    now: datetime,
) -> None:
    await connection.execute(
        _RECORD, mail.workspace, mail.id, state, problem, again_at, now, mail.lease
    )


async def page(
    connection: Connection,
    workspace: str,
    *,
    before: tuple[datetime | None, UUID | None],
    size: int,
) -> list[Row]:
    """Newest first."""
    rows: list[Row] = await connection.fetch(_PAGE, workspace, *before, size)
    return rows


async def forget(connection: Connection, *, before: datetime, most: int) -> bool:
    done: str = await connection.execute(_FORGET, before, most)
    return int(done.rpartition(" ")[2]) == most
