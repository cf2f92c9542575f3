"""What is kept of second factors: sealed keys, hashes of codes, and who needs one."""

from collections.abc import Sequence
from uuid import UUID

from common.database import Connection


async def key(connection: Connection, user_id: UUID) -> tuple[bytes | None, int]:
    """Sealed, and the last step that was taken; the user's row is locked."""
    row = await connection.fetchrow(
        "select totp, totp_used from console.users where id = $1 for update", user_id
    )
    return (row["totp"], row["totp_used"]) if row else (None, 0)


async def set_key(connection: Connection, user_id: UUID, sealed: bytes | None, used: int) -> None:
    await connection.execute(
        "update console.users set totp = $2, totp_used = $3 where id = $1", user_id, sealed, used
    )
    await connection.execute("delete from console.recovery_codes where user_id = $1", user_id)


async def use_step(connection: Connection, user_id: UUID, step: int) -> None:
    await connection.execute("update console.users set totp_used = $2 where id = $1", user_id, step)


async def set_codes(connection: Connection, user_id: UUID, hashes: Sequence[bytes]) -> None:
    """In the place of those before."""
    await connection.execute("delete from console.recovery_codes where user_id = $1", user_id)
    await connection.executemany(
        "insert into console.recovery_codes (user_id, hash) values ($1, $2)",
        [(user_id, one) for one in hashes],
    )


async def use_code(connection: Connection, user_id: UUID, digest: bytes) -> bool:
    """Whether it was one; it is gone."""
    done: str = await connection.execute(
        "delete from console.recovery_codes where user_id = $1 and hash = $2", user_id, digest
    )
    return done == "DELETE 1"


async def codes_left(connection: Connection, user_id: UUID) -> int:
    found: int = await connection.fetchval(
        "select count(*) from console.recovery_codes where user_id = $1", user_id
    )
    return found


async def need(connection: Connection, user_id: UUID, *, needed: bool) -> None:
    await connection.execute(
        "update console.users set totp_needed = $2 where id = $1", user_id, needed
    )


async def is_strict(connection: Connection, workspace: str | None) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from console.strict_workspaces where workspace = $1)",
        workspace or "",
    )
    return found


async def set_strict(connection: Connection, workspace: str | None, *, strict: bool) -> None:
    if strict:
        statement = "insert into console.strict_workspaces values ($1) on conflict do nothing"
    else:
        statement = "delete from console.strict_workspaces where workspace = $1"
    await connection.execute(statement, workspace or "")
