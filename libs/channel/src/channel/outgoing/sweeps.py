"""What time does to sends: expiry, claims nobody recorded, looking for the unknown."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channel.content import decode, words
from channel.outgoing import recording
from channel.outgoing.carriers import Carrier, Lost, found, ids_of
from channel.outgoing.due import Lane
from channel.store import delivery, sends
from channel.store.delivery import Send
from channel.store.outcomes import Report
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import MESSAGE_ADDRESS, Key, Schema
from common.config import Account, ConfigReader
from common.database import Connection, Database, Row
from common.errors import Retry
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
CLAIM_LIFE = timedelta(seconds=60)  # longer than any request, its record, and a slow commit
BATCH = 500
LOOK_UPS_AT_ONCE = 20
LEASE = timedelta(minutes=1)  # of a look-up, while the provider is asked
_EXPIRING = """
    select {columns} from {schema}.sends s
    where s.open and s.state = 'queued' and s.expires_at <= $1
    order by s.workspace, s.id limit $2 for update skip locked"""
_UNRECORDED = """
    select {columns} from {schema}.sends s
    where s.open and s.state = 'claimed' and s.claimed_at <= $1
    order by s.workspace, s.id limit $2 for update skip locked"""


@dataclass(slots=True, kw_only=True)
class Sweeps:
    """Safe in any number of replicas: rows that another one holds are skipped."""

    db: Database
    schema: Schema
    config: ConfigReader
    events: OutgoingEvents
    relay: Relay
    carrier: Carrier
    clock: Clock
    claim_life: timedelta = CLAIM_LIFE
    every: float = 2.0  # seconds

    async def run(self) -> None:
        while True:
            try:
                await self.sweep_once()
            except Retry as error:
                log.warning("sweep_paused", reason=error.reason)
            await asyncio.sleep(self.every)

    async def sweep_once(self) -> None:
        await self.expire()
        await self.give_up_claims()
        await self.look_up()

    async def expire(self) -> int:
        """Queued sends whose time is over become failed(expired)."""
        return await self._sweep(_EXPIRING, self.clock(), delivery.expired)

    async def give_up_claims(self) -> int:
        """Claims that were never recorded, as after a crash, become unknown."""
        now = self.clock()

        def lost(send: Send) -> Send:
            return delivery.lost(send, now, reason="claim without a record")

        return await self._sweep(_UNRECORDED, now - self.claim_life, lost)

    async def _sweep(self, statement: str, before: datetime, change: Callable[[Send], Send]) -> int:
        count = 0
        while True:
            async with self.db.transaction() as connection:
                rows = await connection.fetch(
                    self.schema(sends.with_columns(statement)), before, BATCH
                )
                await self._save(connection, [change(sends.read(row)) for row in rows])
            self.relay.wake()
            count += len(rows)
            if len(rows) < BATCH:
                return count

    async def _save(self, connection: Connection, after: Sequence[Send]) -> None:
        await sends.save(connection, self.schema, after)
        await write_events(connection, self.schema, self.events.deliveries(after, self.clock()))

    async def look_up(self) -> None:
        """Asks the providers about unknown sends that no callback has settled."""
        async with self.db.transaction() as connection:
            rows = await self._lease(connection)
        if rows:
            await asyncio.gather(*(self._look_up_or_log(row) for row in rows))

    async def _look_up_or_log(self, row: Row) -> None:
        """One that cannot be understood must not keep the others from being looked for."""
        try:
            await self._look_up(row)
        except Retry:
            raise
        except Exception as error:
            log.error("look_up_failed", send_id=str(row["id"]), exc_info=error)

    async def _lease(self, connection: Connection) -> Sequence[Row]:
        now = self.clock()
        rows: Sequence[Row] = await connection.fetch(
            self.schema(
                """
                with due as (
                    update {schema}.sends s set look_up_at = $2
                    from (select workspace, id from {schema}.sends
                          where state = 'unknown' and closed_at is null and look_up_at <= $1
                          order by look_up_at limit $3 for update skip locked) due
                    where s.workspace = due.workspace and s.id = due.id
                    returning s.workspace, s.id, s.account, s.sender, s.claimed_at)
                select due.*, m.address, m.content from due
                join {schema}.messages m on m.workspace = due.workspace and m.send_id = due.id
                """
            ),
            now,
            now + LEASE,
            LOOK_UPS_AT_ONCE,
        )
        return rows

    async def _look_up(self, row: Row) -> None:
        lane = Lane(row["workspace"], row["account"], row["sender"])
        account = await self._account(lane)
        address = await self._address(row)
        if address is None:
            return  # it does not open now; the lease runs out
        listed = (
            await self.carrier.look_up(account, lane, address, since=row["claimed_at"])
            if account
            else []
        )
        if listed is None:
            return  # it cannot be asked now; the lease runs out
        key, text = (row["workspace"], row["id"]), words(decode(row["content"]))
        lost = Lost(id=row["id"], text=text, claimed_at=row["claimed_at"])
        async with self.db.transaction() as connection:
            known = await self._known(connection, key, ids_of(listed))
            await self._settle(connection, key, found(lost, listed, known=known))
        self.relay.wake()

    async def _address(self, row: Row) -> str | None:
        stored = [(row["workspace"], row["address"])]
        found = await self.db.sealing.opened(self.schema.place(MESSAGE_ADDRESS), stored)
        return found[0]

    async def _account(self, lane: Lane) -> Account | None:
        config = await self.config.current(max_age=5.0)
        workspace = config.workspaces.get(lane.workspace)
        return workspace.accounts.get(lane.account) if workspace else None

    async def _known(self, connection: Connection, key: Key, ids: Sequence[str]) -> frozenset[str]:
        rows = await connection.fetch(
            self.schema(
                """
                select s.provider_message_id from {schema}.sends mine
                join {schema}.sends s
                    on s.workspace = mine.workspace and s.contact_id = mine.contact_id
                where mine.workspace = $1 and mine.id = $2 and s.id <> mine.id
                  and s.provider_message_id = any($3::text[])
                """
            ),
            *key,
            ids,
        )
        return frozenset(row["provider_message_id"] for row in rows)

    async def _settle(self, connection: Connection, key: Key, report: Report | None) -> None:
        locked = await sends.locked(connection, self.schema, [key])
        if key not in locked:  # deleted meanwhile, with all that was about its contact
            return
        now = self.clock()
        before = locked[key]
        after = (
            delivery.reported(before, report, now) if report else delivery.looked_up(before, now)
        )
        await sends.save(connection, self.schema, [after])
        news = recording.news(locked, [after])
        await write_events(connection, self.schema, self.events.deliveries(news, now))
