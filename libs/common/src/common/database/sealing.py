"""What columns hold sealed: sealed before it is written, opened after it is read.

Repositories say which column it is, and are given the keys by their connection. The data key of a
workspace is made by whoever first has something to seal, on a connection of its own: made in a
transaction that is then rolled back, it would be gone with all that was sealed by it meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg

from common.errors import Retry
from common.sealing import DataKey, Keyring, MasterKeys, Place, Sealed, UnknownKey, is_sealed
from common.telemetry import logging
from common.telemetry.metrics import NOT_OPENED

log = logging.get(__name__)
V = TypeVar("V", str, bytes)
_AGAIN = 5.0  # seconds until a key that was not there is looked for again
_SAID = 60.0  # seconds until it is said again that something does not open
_KEYS = "select workspace, number, master_key, box from config.data_keys where workspace = any($1)"
_KEEP = """
    insert into config.data_keys (workspace, number, master_key, box)
    select * from unnest($1::text[], $2::int[], $3::int[], $4::bytea[])
    on conflict do nothing
"""


@dataclass(slots=True, kw_only=True)
class Sealing:
    """One per pool. `seals`: what is written from now on; what is sealed is opened in any case."""

    master: MasterKeys
    seals: bool
    connect: Callable[[], Awaitable[Any]] = field(repr=False)
    keyring: Keyring = field(default_factory=Keyring)
    _looked_at: dict[str, float] = field(default_factory=dict)
    _said_at: dict[tuple[str, Place], float] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sealed(self, place: Place, values: Iterable[tuple[str, V | None]]) -> list[V | None]:
        """Values of (workspace, value) as they are stored. Raises `Retry`.

        None, nothing, and what is sealed already stay as they are.
        """
        given = list(values)
        if not self.seals:
            return [value for _, value in given]
        missing = {w for w, value in given if value and not self.keyring.seals(w)}
        if missing:
            await self._make(missing)
        seal = self.keyring.seal
        return [
            seal(value, w, place) if value and not is_sealed(value) else value for w, value in given
        ]

    async def opened(self, place: Place, values: Iterable[tuple[str, V | None]]) -> list[V | None]:
        """Likewise, as they were before; None also for what does not open. Raises `Retry`."""
        given = list(values)
        try:
            return [self._opened(place, *one) for one in given]
        except UnknownKey:
            await self._look({w for w, value in given if value and is_sealed(value)})
        return [self._opened_or_none(place, *one) for one in given]

    def _opened(self, place: Place, workspace: str, value: V | None) -> V | None:
        """Raises `UnknownKey`."""
        if value is None:
            return None
        try:
            return self.keyring.open(value, workspace, place)
        except UnknownKey:
            raise
        except LookupError as error:
            self._say(place, workspace, error)
            return None

    def _opened_or_none(self, place: Place, workspace: str, value: V | None) -> V | None:
        try:
            return self._opened(place, workspace, value)
        except UnknownKey as error:
            self._say(place, workspace, error)
            return None

    def _say(self, place: Place, workspace: str, error: LookupError) -> None:
        NOT_OPENED.labels(place).inc()
        now = time.monotonic()
        if now - self._said_at.get((workspace, place), -_SAID) >= _SAID:
            self._said_at[workspace, place] = now
            log.error("not_opened", workspace=workspace, column=place, reason=str(error))

    async def _look(self, workspaces: Collection[str]) -> None:
        """For keys that others have made since."""
        async with self._looking:
            now = time.monotonic()
            due = [w for w in workspaces if now - self._looked_at.get(w, -_AGAIN) >= _AGAIN]
            if due:
                await self._with_connection(self._read, due)

    async def _make(self, workspaces: Collection[str]) -> None:
        async with self._looking:
            missing = [w for w in workspaces if not self.keyring.seals(w)]
            if missing:
                await self._with_connection(self._read_or_make, missing)

    async def _with_connection(
        self, work: Callable[[Any, Sequence[str]], Awaitable[object]], workspaces: Sequence[str]
    ) -> None:
        try:
            connection = await self.connect()
            try:
                await work(connection, workspaces)
            finally:
                await connection.close()
        except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError) as error:
            raise Retry(f"config.data_keys: {error}") from error

    async def _read(self, connection: Any, workspaces: Sequence[str]) -> dict[str, int]:
        """The highest number of each that has any, whether or not it can be unwrapped here."""
        highest: dict[str, int] = {}
        for row in await connection.fetch(_KEYS, workspaces):
            workspace, number = row["workspace"], row["number"]
            highest[workspace] = max(number, highest.get(workspace, 0))
            sealed = Sealed(row["master_key"], row["box"])
            try:
                self.keyring.add(
                    DataKey.unwrapped(sealed, self.master, workspace=workspace, number=number)
                )
            except LookupError as error:
                log.error("data_key_unusable", workspace=workspace, number=number, why=str(error))
        self._looked_at.update(dict.fromkeys(workspaces, time.monotonic()))
        return highest

    async def _read_or_make(self, connection: Any, workspaces: Sequence[str]) -> None:
        """Where another one makes the same, the first one's counts. One that cannot be unwrapped is

        passed over: what is sealed from now on can be read.
        """
        highest = await self._read(connection, workspaces)
        missing = [w for w in workspaces if not self.keyring.seals(w)]
        if not missing:
            return
        made = [DataKey.new(w, highest.get(w, 0) + 1) for w in missing]
        boxes = [one.wrapped(self.master) for one in made]
        await connection.execute(
            _KEEP,
            missing,
            [one.number for one in made],
            [one.key for one in boxes],
            [one.box for one in boxes],
        )
        await self._read(connection, missing)
        if not all(self.keyring.seals(w) for w in missing):
            raise Retry("a data key was made that cannot be unwrapped here")


def sealing_of(connection: Any) -> Sealing:
    """Of the pool that it is from."""
    found: Sealing = connection.sealing
    return found


async def sealed(
    connection: Any, place: Place, values: Iterable[tuple[str, V | None]]
) -> list[V | None]:
    """(workspace, value) as the column holds them."""
    return await sealing_of(connection).sealed(place, values)


async def opened(
    connection: Any, place: Place, values: Iterable[tuple[str, V | None]]
) -> list[V | None]:
    """(workspace, what the column holds) as they were given; None: it does not open."""
    return await sealing_of(connection).opened(place, values)


async def opened_rows(
    connection: Any,
    workspace: str,
    rows: Iterable[Mapping[str, Any]],
    places: Mapping[str, Place],
    *,
    else_sealed: bool = False,
) -> list[dict[str, Any]]:
    """Rows of one workspace, these of their columns as they were given.

    What does not open is None, or as it is stored with `else_sealed`: who is told all that is held
    is not told that nothing is.
    """
    found = [dict(row) for row in rows]
    for column, place in places.items():
        stored = [row[column] for row in found]
        plain = await opened(connection, place, [(workspace, value) for value in stored])
        for row, value, given in zip(found, plain, stored, strict=True):
            row[column] = given if value is None and else_sealed else value
    return found
