"""Who users are at a company's own provider."""

from uuid import UUID

from common.database import Connection


async def is_theirs(connection: Connection, user_id: UUID, subject: str) -> bool:
    """Whether this user is that person there; the first who comes with their address is.

    An address that was given to somebody else since lets nobody in.
    """
    known = await connection.fetchval(
        "select oidc_subject from console.users where id = $1", user_id
    )
    if known is None:
        taken = await connection.fetchval(
            "update console.users set oidc_subject = $2 where id = $1 and not exists ("
            " select from console.users where oidc_subject = $2) returning id",
            user_id,
            subject,
        )
        return taken is not None
    return bool(known == subject)
