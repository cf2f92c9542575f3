"""PostgreSQL by asyncpg: one pool, explicit transactions, our own trouble told apart as `Retry`.

Set-based statements are written as SQL in each service's `repository`; reads whose shape depends
on what is asked are built by `common.database.statements` (docs/decisions/0002).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import asyncpg
import msgspec

from common.database.sealing import Sealing
from common.database.tenants import ROLE, SCOPE, SETTING
from common.errors import BadInput, Retry
from common.sealing import MasterKeys

Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy
Row: TypeAlias = asyncpg.Record

# Trouble of the server or of our way to it, after which the same work can succeed unchanged.
TRANSIENT: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the pool's, when a connection is lost as it is given back
    asyncpg.CannotConnectNowError,
    # A login that is refused now: a password is being changed, or the rules of who may connect.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    # A migration changed what a statement was prepared for; it is prepared anew the next time.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    TimeoutError,
    OSError,
)

# The fault of a value: NUL in a text, a number beyond its column, a key too long for its index.
UNSTORABLE: tuple[type[BaseException], ...] = (
    asyncpg.exceptions._base.DataError,  # found by the client; it is an `InterfaceError`, too
    asyncpg.DataError,  # the server's, and what the client cannot encode
    asyncpg.ProgramLimitExceededError,
)


async def _prepare(connection: Any) -> None:
    encode = msgspec.json.Encoder().encode
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: encode(value).decode(),
            decoder=msgspec.json.decode,
        )


async def _keep(connection: Any) -> None:
    """Nothing of a session is changed by what uses `connection`: resetting it costs a statement."""


def _connections(sealing: Sealing) -> type[asyncpg.Connection]:
    """Their class: each knows what columns are sealed by."""

    class Knowing(asyncpg.Connection):  # type: ignore[misc]
        pass

    Knowing.sealing = sealing
    return Knowing


class Database:
    """A pool of connections; every statement has a deadline."""

    def __init__(self, pool: asyncpg.Pool, sealing: Sealing) -> None:
        self._pool = pool
        self.sealing = sealing

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        size: int = 10,
        statement_timeout: float = 15.0,
        master_keys: MasterKeys | None = None,
        seals: bool = False,
    ) -> "Database":
        """`url` is a libpq URL; the deadlines are seconds.

        `seals`: people's addresses are written sealed, for which there are master keys.
        """
        connect = partial(asyncpg.connect, url, timeout=5.0, command_timeout=statement_timeout)
        sealing = Sealing(master=master_keys or MasterKeys(), seals=seals, connect=connect)
        pool = await asyncpg.create_pool(
            url,
            min_size=0,  # a process starts while the database is away
            max_size=size,
            connection_class=_connections(sealing),
            init=_prepare,
            reset=_keep,
            command_timeout=statement_timeout,
            server_settings={
                "application_name": "aftercall",
                "lock_timeout": "5000",
                "statement_timeout": str(int(statement_timeout * 1000)),
                "idle_in_transaction_session_timeout": "30000",
                "timezone": "UTC",
                "jit": "off",
            },
        )
        return cls(pool, sealing)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reads: each statement is its own transaction. Raises `Retry`.

        `BadInput` when a value can be stored nowhere: repeating it would change nothing.
        It is given back as it is: for `set` and advisory locks of the session there is `session`.
        """
        try:
            async with self._pool.acquire(timeout=5.0) as connection:
                yield connection
        except UNSTORABLE as error:  # its text may hold the value, which is nobody's business
            raise BadInput.at("", f"cannot be stored: {type(error).__name__}") from error
        except TRANSIENT as error:
            raise Retry(f"database: {type(error).__name__}") from error

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection whose settings and locks end with the block. Raises `Retry`."""
        async with self.connection() as connection:
            try:
                yield connection
            except BaseException:  # whatever state it is in: the server forgets it with the session
                connection.terminate()
                raise
            await connection.reset()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One READ COMMITTED transaction, committed at the end of the block. Raises `Retry`."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def scoped(self, workspace: str, *, frozen: bool = False) -> AsyncIterator[Connection]:
        """A transaction that sees and writes rows of this workspace alone (`tenants`).

        `frozen`: it only reads, and all its statements see the same moment.
        """
        isolation = "repeatable_read" if frozen else "read_committed"
        async with (
            self.connection() as connection,
            connection.transaction(isolation=isolation, readonly=frozen),
        ):
            await connection.execute(
                SCOPE,
                ROLE,
                SETTING,
                workspace,
            )
            yield connection

    async def ready(self) -> None:
        """Raises `Retry` when the database does not answer."""
        async with self.connection() as connection:
            await connection.execute("select 1")

    async def close(self) -> None:
        await self._pool.close()
