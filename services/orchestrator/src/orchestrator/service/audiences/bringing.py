"""Audiences as somebody brings, starts, pauses and drops them."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from common.database import Database, Row
from common.errors import Problem
from common.ids import contact_id, person_id
from common.phone import UNREADABLE
from orchestrator.domain.audience import Person
from orchestrator.domain.listing import address_of
from orchestrator.repository import audiences
from orchestrator.schemas.audiences import AudiencePerson

MOST = 100  # audiences of a workspace
MOST_PEOPLE = 1_000_000  # in one
PER_HOUR = 1_000
NONE = Problem(404, "No such audience")
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class ReadPeople:
    """`people`: each once, the first that was told; `errors` by place."""

    people: dict[UUID, Person] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    twice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audiences:
    """`changed` wakes whoever takes people."""

    db: Database
    pepper: bytes
    clock: Callable[[], datetime]
    changed: Callable[[], None] = lambda: None

    async def all_of(self, workspace: str) -> list[Row]:
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await audiences.all_of(connection, workspace)

    async def find(self, workspace: str, audience: str) -> Row:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            rows = await audiences.all_of(connection, workspace, audience)
        if not rows:
            raise NONE
        return rows[0]

    async def bring(
        self,
        workspace: str,
        audience: str,
        told: Sequence[AudiencePerson],
        region: str | None,
        *,
        by: str,
    ) -> tuple[int, ReadPeople]:
        """(how many were not in it, what was read). One that there is not is made, paused.

        Raises `Problem` 409.
        """
        read = await asyncio.to_thread(
            read_people, told, pepper=self.pepper, workspace=workspace, region=region
        )
        bodies = {contact: _encode(person) for contact, person in read.people.items()}
        async with self.db.scoped(workspace) as connection:
            found = await audiences.lock(connection, workspace, audience)
            if found is None:
                if await audiences.count(connection, workspace) >= MOST:
                    raise Problem(409, "Too many audiences", f"A workspace has {MOST} at most.")
                await audiences.make(
                    connection, workspace, audience, per_hour=PER_HOUR, by=by, now=self.clock()
                )
                found = await audiences.lock(connection, workspace, audience)
            assert found is not None
            if await audiences.size(connection, workspace, audience) + len(bodies) > MOST_PEOPLE:
                raise Problem(409, "Too many people", f"An audience has {MOST_PEOPLE:,} at most.")
            stored = await audiences.add(connection, workspace, audience, bodies)
            # Who comes later is taken, too; who came after its end has to start it again.
            state = {"done": "running", "ended": "paused"}.get(found["state"], found["state"])
            await audiences.change(
                connection,
                workspace,
                audience,
                state=state if stored else found["state"],
                per_hour=found["per_hour"],
                now=self.clock(),
            )
        self.changed()
        return stored, read

    async def change(
        self, workspace: str, audience: str, *, state: str | None, per_hour: int | None
    ) -> Row:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace) as connection:
            found = await audiences.lock(connection, workspace, audience)
            if found is None:
                raise NONE
            await audiences.change(
                connection,
                workspace,
                audience,
                state=state or found["state"],
                per_hour=per_hour or found["per_hour"],
                now=self.clock(),
            )
        self.changed()
        return await self.find(workspace, audience)

    async def drop(self, workspace: str, audience: str) -> None:
        """Who waits in it is not asked. Raises `Problem` 404."""
        async with self.db.scoped(workspace) as connection:
            await audiences.lock(connection, workspace, audience)
            if not await audiences.delete(connection, workspace, audience):
                raise NONE


def read_people(
    told: Iterable[AudiencePerson], *, pepper: bytes, workspace: str, region: str | None
) -> ReadPeople:
    """`region`: ISO 3166 country of national spellings."""
    found = ReadPeople()
    for place, one in enumerate(told):
        address = address_of(one.address, region)
        if address is None:
            found.errors[place] = UNREADABLE
            continue
        contact = contact_id(pepper, workspace, address)
        if contact in found.people:
            found.twice += 1
            continue
        customer = one.customer_id
        found.people[contact] = Person(
            address=address,
            contact_id=contact,
            person_id=person_id(pepper, workspace, customer) if customer else None,
            name=one.name,
            language=one.language,
            queue=one.queue,
            agent=one.agent,
            team=one.team,
            our_number=one.our_number,
            attributes=one.attributes,
        )
    return found
