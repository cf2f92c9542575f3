"""Addresses that somebody says are one person's, or are not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from common.config import Config, ConfigReader
from common.database import Database, Row
from common.errors import BadInput, Problem
from orchestrator.domain.contact import Link
from orchestrator.domain.keys import Key, in_order
from orchestrator.domain.linking import MOST, others_of
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts, links
from orchestrator.service.consent.consent import opt_outs_of_all, stop_asking
from orchestrator.service.consent.people import People, lock_linked

OFF = Problem(
    409, "Customers are not linked here", "Set `link_customers: true` in the workspace's document."
)


@dataclass(frozen=True, slots=True)
class Linking:
    """What people say holds over what sources tell, until people say otherwise."""

    db: Database
    config: ConfigReader
    clock: Callable[[], datetime]
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def link(
        self, workspace: str, addresses: Mapping[UUID, str], person: UUID | None
    ) -> list[Row]:
        """All of them, and who is linked to one of them, are one person: `person`, else one that

        they were, else a new one. Raises `Problem` 409, `BadInput`.
        """
        to_all = opt_outs_of_all(await self._must_link(workspace), {workspace})
        keys = {(workspace, one): address for one, address in addresses.items()}
        async with self.db.scoped(workspace) as connection:
            await lock.take(connection)  # nobody decides meanwhile
            told = {(workspace, person)} if person else set()
            found = await lock_linked(connection, keys, told={}, wanted=keys, persons=told)
            together = found.contacts
            if len(together) > MOST:
                raise BadInput.at("addresses", f"a person has at most {MOST} addresses")
            persons = in_order(persons_of(found))
            whose = person or (persons[0][1] if persons else uuid4())
            await links.lock(connection, [(workspace, whose)])
            link = Link(whose, self.clock(), by_hand=True)
            await links.store(connection, dict.fromkeys(together, link))
            await links.drop(connection, {one for one in persons if one[1] != whose})
            people = People(together, others_of({(workspace, whose): set(together)}))
            no = {key: facts.withdrawn for key, facts in together.items() if facts.withdrawn}
            await stop_asking(connection, no, people, to_all=to_all, now=self.clock())
            rows = await links.of_person(connection, workspace, whose)
        self.committed()
        return rows

    async def unlink(self, workspace: str, contact: UUID) -> None:
        """It is nobody else's, whatever sources tell. Raises `Problem` 404, 409."""
        await self._must_link(workspace)
        key = workspace, contact
        async with self.db.scoped(workspace) as connection:
            if not await contacts.known(connection, workspace, [contact]):
                raise Problem(404, "No such contact")
            await lock.take(connection)
            await lock_linked(connection, [key], told={}, wanted={})
            await links.store(connection, {key: Link(None, self.clock(), by_hand=True)})

    async def others(self, workspace: str, contact: UUID) -> list[Row]:
        """The person's other addresses."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await links.others(connection, workspace, contact)

    async def _must_link(self, workspace: str) -> Config:
        """Raises `Problem` 409."""
        async with self.db.connection() as connection:
            config = await self.config.current(connection)
        found = config.workspaces.get(workspace)
        if found is None or not found.workspace.link_customers:
            raise OFF
        return config


def persons_of(people: People) -> set[Key]:
    """Whose addresses they are."""
    return {
        (key[0], one.link.person)
        for key, one in people.contacts.items()
        if one.link is not None and one.link.person is not None
    }
