"""All SQL of the console: users, sessions, links, the sign-in log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection, Row
from console.domain.people import Rights, Role, User

_USER = """
    u.id, u.email, u.workspace, u.role, u.teams, u.agent, u.password, u.failures, u.locked_until,
    u.disabled_at is not null as disabled, u.totp is not null as has_totp, u.totp_needed,
    u.totp_needed or u.role = 'admin' and exists (
        select from console.strict_workspaces w where w.workspace = coalesce(u.workspace, '')
    ) as totp_wanted
"""
MOST_SESSIONS = 20  # of one user; the oldest ends
KEPT_SIGN_INS = 500  # of one user


def _user(row: Row) -> User | None:
    """None for a role that only a newer version knows: nobody gets in by it."""
    if row["role"] not in set(Role):
        return None
    values: dict[str, Any] = {name: row[name] for name in User.__slots__ if name != "rights"}
    rights = Rights(
        workspace=row["workspace"],
        role=Role(row["role"]),
        teams=tuple(row["teams"]),
        agent=row["agent"],
    )
    return User(rights=rights, **values)


async def user_by_email(connection: Connection, email: str, *, lock: bool = False) -> User | None:
    row = await connection.fetchrow(
        f"select {_USER} from console.users u where lower(email) = lower($1)"  # noqa: S608
        + (" for update" if lock else ""),
        email,
    )
    return _user(row) if row else None


async def user(connection: Connection, user_id: UUID, *, lock: bool = False) -> User | None:
    row = await connection.fetchrow(
        f"select {_USER} from console.users u where u.id = $1"  # noqa: S608
        + (" for update" if lock else ""),
        user_id,
    )
    return _user(row) if row else None


async def users(connection: Connection, workspace: str | None = None) -> Sequence[User]:
    """Of one workspace, or all."""
    rows = await connection.fetch(
        f"select {_USER} from console.users u"  # noqa: S608
        " where $1::text is null or u.workspace = $1 order by lower(email)",
        workspace,
    )
    return [one for row in rows if (one := _user(row)) is not None]


async def add_user(connection: Connection, user_id: UUID, email: str, rights: Rights) -> bool:
    """Whether there was none of that address."""
    found = await connection.fetchval(
        "insert into console.users (id, email, workspace, role, teams, agent)"
        " values ($1, $2, $3, $4, $5, $6)"
        " on conflict (lower(email)) do nothing returning id",
        user_id,
        email,
        rights.workspace,
        str(rights.role),
        list(rights.teams),
        rights.agent,
    )
    return found is not None


async def set_rights(connection: Connection, user_id: UUID, rights: Rights) -> None:
    await connection.execute(
        "update console.users set workspace = $2, role = $3, teams = $4, agent = $5 where id = $1",
        user_id,
        rights.workspace,
        str(rights.role),
        list(rights.teams),
        rights.agent,
    )


async def note_failures(
    connection: Connection, user_id: UUID, failures: int, locked_until: datetime | None
) -> None:
    await connection.execute(
        "update console.users set failures = $2, locked_until = $3 where id = $1",
        user_id,
        failures,
        locked_until,
    )


async def set_password(connection: Connection, user_id: UUID, password: str) -> None:
    await connection.execute(
        "update console.users set password = $2, failures = 0, locked_until = null where id = $1",
        user_id,
        password,
    )


async def disable(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Ends every session and link, too."""
    await connection.execute(
        "update console.users set disabled_at = $2 where id = $1", user_id, now
    )
    await end_sessions(connection, user_id)
    await end_links(connection, user_id)


async def add_link(
    connection: Connection, digest: bytes, user_id: UUID, expires_at: datetime
) -> None:
    await connection.execute(
        "insert into console.links (hash, user_id, expires_at) values ($1, $2, $3)",
        digest,
        user_id,
        expires_at,
    )


async def end_links(connection: Connection, user_id: UUID) -> None:
    await connection.execute("delete from console.links where user_id = $1", user_id)


async def use_link(connection: Connection, digest: bytes, now: datetime) -> UUID | None:
    """Whose it was; it is gone. Links that nobody used in time go with it."""
    row = await connection.fetchrow(
        "delete from console.links where hash = $1 returning user_id, expires_at", digest
    )
    await connection.execute("delete from console.links where expires_at < $1", now)
    found: UUID | None = row["user_id"] if row and row["expires_at"] > now else None
    return found


async def add_session(
    connection: Connection,
    digest: bytes,
    user_id: UUID,
    *,
    now: datetime,
    expires_at: datetime,
    by_link: bool,
    waits: bool,
) -> None:
    """The oldest of too many end. `waits`: for a code, before it opens anything."""
    await connection.execute(
        "insert into console.sessions"
        " (hash, user_id, created_at, seen_at, expires_at, by_link, waits)"
        " values ($1, $2, $3, $3, $4, $5, $6)",
        digest,
        user_id,
        now,
        expires_at,
        by_link,
        waits,
    )
    await connection.execute(
        "delete from console.sessions where user_id = $1 and (expires_at < $2 or hash in ("
        " select hash from console.sessions where user_id = $1"
        " order by created_at desc offset $3))",
        user_id,
        now,
        MOST_SESSIONS,
    )


async def session_user(
    connection: Connection, digest: bytes, *, now: datetime, idle_since: datetime
) -> tuple[User, datetime, bool] | None:
    """Who it belongs to, when it was seen last, whether by a link; None when it has ended."""
    row = await connection.fetchrow(
        f"select {_USER}, s.seen_at, s.by_link"  # noqa: S608
        " from console.sessions s join console.users u on u.id = s.user_id"
        " where s.hash = $1 and s.expires_at > $2 and s.seen_at > $3 and u.disabled_at is null"
        " and not s.waits",
        digest,
        now,
        idle_since,
    )
    found = _user(row) if row else None
    return (found, row["seen_at"], row["by_link"]) if found else None


async def take_waiting(
    connection: Connection, digest: bytes, now: datetime
) -> tuple[UUID, bool] | None:
    """Whose session waits for a code, and whether it came by a link; locked."""
    row = await connection.fetchrow(
        "select user_id, by_link from console.sessions"
        " where hash = $1 and expires_at > $2 and waits for update",
        digest,
        now,
    )
    return (row["user_id"], row["by_link"]) if row else None


async def spend_link(connection: Connection, digest: bytes) -> None:
    """A password was chosen by it: the next one takes this one."""
    await connection.execute("update console.sessions set by_link = false where hash = $1", digest)


async def seen(connection: Connection, digest: bytes, now: datetime) -> None:
    await connection.execute(
        "update console.sessions set seen_at = $2 where hash = $1", digest, now
    )


async def sessions(connection: Connection, user_id: UUID, now: datetime) -> Sequence[Row]:
    rows: Sequence[Row] = await connection.fetch(
        "select hash, created_at, seen_at from console.sessions"
        " where user_id = $1 and expires_at > $2 and not waits order by created_at desc",
        user_id,
        now,
    )
    return rows


async def end_session(connection: Connection, digest: bytes) -> None:
    await connection.execute("delete from console.sessions where hash = $1", digest)


async def end_sessions(connection: Connection, user_id: UUID, *, but: bytes = b"") -> None:
    await connection.execute(
        "delete from console.sessions where user_id = $1 and hash <> $2", user_id, but
    )


async def log_sign_in(connection: Connection, user_id: UUID, what: str, now: datetime) -> None:
    await connection.execute(
        "insert into console.sign_ins (user_id, at, what) values ($1, $2, $3)", user_id, now, what
    )
    await connection.execute(
        "delete from console.sign_ins where user_id = $1 and id < ("
        " select id from console.sign_ins where user_id = $1 order by id desc offset $2 limit 1)",
        user_id,
        KEPT_SIGN_INS,
    )


async def sign_ins(connection: Connection, user_id: UUID) -> Sequence[Row]:
    rows: Sequence[Row] = await connection.fetch(
        "select at, what from console.sign_ins where user_id = $1 order by id desc limit 20",
        user_id,
    )
    return rows
