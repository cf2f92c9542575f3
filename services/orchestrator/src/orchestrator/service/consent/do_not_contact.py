"""Do-not-contact lists: loaded in parts, put in force as a whole, changed one by one.

Whoever is told that somebody is on a list knows that no ask is decided about them from then on:
the configuration lock keeps batches out for the moment in which the list takes effect.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.config.store import advance
from common.database import Connection, Database, Row
from common.errors import Problem
from common.events.decisions import Reason
from common.time import Clock, utc_now
from orchestrator.domain.listing import ReadAddresses, read_addresses
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts, do_not_contact, list_loads
from orchestrator.repository.consent.do_not_contact import Listed
from orchestrator.repository.schedule import invitations
from orchestrator.service.schedule import progress

MOST_LISTS = 100  # of a workspace
MOST_ENTRIES = 20_000_000  # of a list
ABANDONED = timedelta(days=1)  # a load that is not finished by then is cleared away
MOST_LOADS = 10  # of a workspace that are being brought
NO_LIST = Problem(404, "No such list")
NO_LOAD = Problem(404, "No such load", "It is finished, or was never begun.")
_RECALLED = 500  # invitations in one transaction
_CLEARED = 20_000  # entries in one transaction


@dataclass(frozen=True, slots=True)
class Added:
    """`stored`: people who were not on it. `errors`: place -> what is wrong."""

    stored: int
    errors: dict[int, str]


@dataclass(frozen=True, slots=True)
class DoNotContact:
    """`committed` wakes the relay of the outbox."""

    db: Database
    pepper: bytes
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None

    async def lists(self, workspace: str) -> list[Row]:
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await do_not_contact.lists(connection, workspace)

    async def begin(self, workspace: str, name: str) -> int:
        """A load of its own, to be filled and finished. Raises `Problem` 409."""
        await self._clear_away(workspace)
        async with self.db.scoped(workspace) as connection:
            await _room_for_another(connection, workspace, name)
            return await list_loads.begin(connection, workspace, name, self.clock())

    async def fill(
        self, workspace: str, name: str, load: int, addresses: Sequence[str], region: str | None
    ) -> Added:
        """Raises `Problem` 404 or 409. The same part once more changes nothing."""
        read = await self._read(workspace, addresses, region)
        async with self.db.scoped(workspace) as connection:
            entries = await list_loads.lock_open(connection, workspace, name, load)
            if entries is None:
                raise NO_LOAD
            _room_for(read, entries)
            stored = await do_not_contact.add(connection, workspace, load, read.people)
            await list_loads.grow(connection, workspace, load, stored)
        return Added(stored, read.errors)

    async def finish(self, workspace: str, name: str, load: int, *, by: str) -> int:
        """What was loaded takes the list's place; how many are on it. Raises `Problem` 404.

        Finishing once more changes nothing.
        """
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            before, entries = await do_not_contact.current(connection, workspace, name)
            if before != load:
                whole = await list_loads.close(connection, workspace, name, load)
                if whole is None:
                    raise NO_LOAD
                entries = whole
                await lock.take(connection)
                listed = Listed(workspace, name, load, self.clock())
                await do_not_contact.put_in_force(connection, listed, entries=entries, by=by)
                await advance(connection)
        await self._recall(workspace, load)
        await self._clear_away(workspace)
        return entries

    async def add(
        self, workspace: str, name: str, addresses: Sequence[str], region: str | None, *, by: str
    ) -> Added:
        """To a list as it is; one that there is not is made. Raises `Problem` 409."""
        read = await self._read(workspace, addresses, region)
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            load, entries = await do_not_contact.current(connection, workspace, name)
            _room_for(read, entries)
            if load is not None:
                stored = await do_not_contact.add(connection, workspace, load, read.people)
                await do_not_contact.grow_list(connection, workspace, name, stored)
                await lock.take(connection)
            else:
                await _room_for_another(connection, workspace, name)
                load = await list_loads.begin(connection, workspace, name, self.clock())
                stored = await do_not_contact.add(connection, workspace, load, read.people)
                await list_loads.close(connection, workspace, name, load)
                await lock.take(connection)
                listed = Listed(workspace, name, load, self.clock())
                await do_not_contact.put_in_force(connection, listed, entries=stored, by=by)
                await advance(connection)
        await self._recall(workspace, load)
        return Added(stored, read.errors)

    async def remove(
        self, workspace: str, name: str, addresses: Sequence[str], region: str | None
    ) -> Added:
        """`stored`: those who were on it, and are no more. Raises `Problem` 404."""
        read = await self._read(workspace, addresses, region)
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            load, _ = await do_not_contact.current(connection, workspace, name)
            if load is None:
                raise NO_LIST
            gone = await do_not_contact.remove(connection, workspace, load, list(read.people))
            await do_not_contact.grow_list(connection, workspace, name, -gone)
        return Added(gone, read.errors)

    async def drop(self, workspace: str, name: str) -> None:
        """Raises `Problem` 404."""
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            load, _ = await do_not_contact.current(connection, workspace, name)
            if load is None:
                raise NO_LIST
            await do_not_contact.retire(connection, workspace, name, self.clock())
            await lock.take(connection)
            await do_not_contact.forget(connection, workspace, name)
            await advance(connection)
        await self._clear_away(workspace)

    async def page(self, workspace: str, name: str, *, after: UUID | None, limit: int) -> list[Row]:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            load, _ = await do_not_contact.current(connection, workspace, name)
            if load is None:
                raise NO_LIST
            return await do_not_contact.entries(
                connection, workspace, load, after=after, limit=limit
            )

    async def _read(
        self, workspace: str, addresses: Sequence[str], region: str | None
    ) -> ReadAddresses:
        """Half a second for a full part: the rest of the process goes on meanwhile."""
        return await asyncio.to_thread(
            read_addresses, addresses, pepper=self.pepper, workspace=workspace, region=region
        )

    async def _recall(self, workspace: str, load: int) -> None:
        """Cancels what these people were to be asked and is not out yet."""
        while True:
            now = self.clock()
            async with self.db.transaction() as connection:
                whose = await do_not_contact.live(connection, workspace, load, now, limit=_RECALLED)
                if not whose:
                    return
                people = await contacts.lock(connection, set(whose.values()))
                found = await invitations.lock_open(connection, whose.keys())
                await progress.stop(connection, found, Reason.DO_NOT_CONTACT, people, now=now)
            self.committed()

    async def _clear_away(self, workspace: str) -> None:
        """What no list has any more, bit by bit."""
        while True:
            async with self.db.scoped(workspace) as connection:
                load = await list_loads.abandoned(connection, workspace, self.clock(), ABANDONED)
                if load is None:
                    return
                await list_loads.clear(connection, workspace, load, limit=_CLEARED)


async def _room_for_another(connection: Connection, workspace: str, name: str) -> None:
    """Raises `Problem` 409."""
    lists, loads = await do_not_contact.counts(connection, workspace)
    before, _ = await do_not_contact.current(connection, workspace, name)
    if before is None and lists >= MOST_LISTS:
        raise Problem(409, "Too many lists", f"A workspace has at most {MOST_LISTS}.")
    if loads >= MOST_LOADS:
        raise Problem(409, "Too many loads", f"At most {MOST_LOADS} are brought at a time.")


def _room_for(read: ReadAddresses, entries: int) -> None:
    if entries + len(read.people) > MOST_ENTRIES:
        raise Problem(409, "Too many entries", f"A list has at most {MOST_ENTRIES}.")
