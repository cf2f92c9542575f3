"""A small run on three channels that went well, for damage to be done to."""

import os
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aftercall.keys import first_key
from aftercall.platform import Platform, platform
from aftercall.port import listen
from common.database import Database
from common.errors import Retry
from common.process.settings import CommonSettings
from sandbox.ledger import CallRequest, CreateRequest, Entry
from sandbox.pbx.calls import Kind
from sandbox.pbx.play import play
from sandbox.pbx.scenario import Style, scenario
from sandbox.personas import Habit
from sandbox.seen import WHATSAPP, Seen, seen
from tests.drills import world
from tests.drills.outside import Outside, outside
from tests.e2e.auditor import Report, audit, pending
from tests.e2e.evidence import SENDERS
from tests.e2e.topics import Topics, published_responses
from tests.e2e.world import until

CALLS = 70
PATIENCE = 180.0  # seconds, of a machine that does other things, too
HABITS = {Habit.ANSWERS: 3, Habit.COMMENTS: 3, Habit.IGNORES: 2, Habit.STOPS: 2}
DOES = {"answers": 60, "is silent": 10, "opts out": 20, "hangs up": 10}
KINDS = {Kind.CONNECTED: 9, Kind.MISSED: 1}
BEHIND = """
    select count(*) from bus.log_heads h
    join bus.group_offsets g on (g.topic, g.partition) = (h.topic, h.partition)
    where h.next > g.next
"""
ALONE = """
    select id from {schema}.sends
    where kind = 'step' and state = 'delivered' and invitation_id in
        (select invitation_id from orchestrator.steps group by 1 having count(*) = 1)
    limit 1
"""
Request = CreateRequest | CallRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """The carrier's, of texts and calls, and Meta's."""

    carrier: Sequence[Entry]
    meta: Sequence[Entry]

    @property
    def seen(self) -> Seen:
        return seen(self.carrier) + seen(self.meta, written=WHATSAPP)

    def accepted(self) -> list[str]:
        """The sends that a provider took."""
        entries = [*self.carrier, *self.meta]
        return [
            e.reference for e in entries if isinstance(e, Request) and e.accepted and e.reference
        ]

    def of(self, channel: str) -> Sequence[Entry]:
        return self.meta if channel == WHATSAPP else self.carrier

    def other(self, channel: str, entries: Sequence[Entry]) -> "Ledgers":
        """With these in the place of those of the channel."""
        return replace(self, **{"meta" if channel == WHATSAPP else "carrier": entries})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened, and a copy of the database."""

    ledgers: Ledgers
    topics: Topics
    db: Database

    async def audited(self, *, ledgers: Ledgers | None = None, **changes: Any) -> Report:
        given = {"topics": self.topics} | changes
        return await audit(self.db, (ledgers or self.ledgers).seen, **given)

    async def found(self, ledgers: Ledgers | None = None) -> str:
        """What the auditor says is wrong."""
        return "\n".join((await self.audited(ledgers=ledgers)).wrong)

    async def ask(self, channel: str) -> Request:
        """One that arrived, and all that its invitation tried."""
        alone = await self.one(ALONE.format(schema=SENDERS[channel]))
        of_it = (e for e in self.ledgers.of(channel) if isinstance(e, Request) and e.accepted)
        return next(request for request in of_it if request.reference == str(alone))

    def and_(self, channel: str, *more: Entry) -> Ledgers:
        return self.ledgers.other(channel, [*self.ledgers.of(channel), *more])

    async def damage(self, statement: str) -> None:
        async with self.db.connection() as connection:
            assert await connection.execute(statement) not in ("UPDATE 0", "DELETE 0", "INSERT 0 0")

    async def one(self, query: str, *values: Any) -> Any:
        async with self.db.connection() as connection:
            return await connection.fetchval(query, *values)


async def happen(url: str) -> tuple[Ledgers, Topics]:
    """On a database that is empty."""
    os.environ.update(world.SECRETS)
    sock = listen(0)
    public = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = CommonSettings.model_validate(
        {"database_url": url, "contact_pepper": "a pepper for tests", "public_url": public}
    )
    async with (
        platform(settings, sock) as running,
        outside(texts_url=public, chats_url=public, tries=0) as around,
    ):
        around.answer(seed=1, habits=HABITS, does=DOES)
        around.gate.let_go()
        await _calls_end(running, around)
        topics = Topics(responses=await published_responses(running.runtime.bus), lag={}, dead={})
        ledgers = Ledgers(carrier=list(around.carrier.ledger), meta=list(around.meta.ledger))
        return ledgers, topics


async def _calls_end(running: Platform, around: Outside) -> None:
    db = running.runtime.db
    headers = {"Authorization": f"Bearer {await first_key(db)}"}
    body = world.configuration(around.carrier.base_url, around.meta.base_url, silence="2s")
    answer = await running.runtime.http.put(
        f"{running.url}/v1/config",
        params={"workspace": world.WORKSPACE},
        json=body,
        headers=headers,
    )
    assert answer.is_success, answer.text
    await until(lambda: _works(world.chats_are_approved(db)), timeout=PATIENCE)
    told = scenario(
        CALLS,
        now=datetime.now(UTC) + timedelta(seconds=2),
        within=timedelta(seconds=1),
        shares=KINDS,
        style=Style(vendors={"cloudevents": 1}),
    )
    await play(
        told.calls,
        {"cloudevents": f"{running.url}/v1/events?workspace={world.WORKSPACE}"},
        headers={"cloudevents": headers},
        ledger=around.carrier.ledger,
    )
    await until(lambda: _works(_over(db, around)), timeout=PATIENCE, every=0.5)


async def _works(look: Awaitable[bool]) -> bool:
    """A platform in one process has few connections to lend."""
    try:
        return await look
    except Retry:
        return False


async def _over(db: Database, around: Outside) -> bool:
    """All are decided, nothing waits anywhere, and every group has read its topics."""
    async with db.connection() as connection:
        decided = await connection.fetchval("select count(*) from analytics.facts")
        behind = await connection.fetchval(BEHIND)
    return (
        decided == CALLS
        and not behind
        and not around.busy
        and not any((await pending(db)).values())
    )
