"""Quix Streams, with a sink that copies batches to PostgreSQL.

Its model: what is known of a person lies under their key in RocksDB, whose changes go to a topic;
every checkpoint copies the rows, then commits. Said in `docs/decisions/0322-peers.md`: what is left
out, since this model has no place for it.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from quixstreams import Application, State
from quixstreams.models import Serializer, Topic
from quixstreams.sinks import BaseSink

from bench.measure import Turn
from bench.peers.rules import Rules, Told, opted_out, read
from common.database import Database
from common.topics import DECISIONS, INTERACTIONS, STEPS_SMS
from orchestrator.domain.contact import KEPT, Ask, Contact
from orchestrator.domain.prefixes import prefix_of
from orchestrator.repository.deciding import decisions
from orchestrator.repository.deciding.decisions import NOBODY, DecisionRow
from orchestrator.repository.schedule import invitations
from orchestrator.settings import OrchestratorSettings

BATCH = OrchestratorSettings().batch
PRODUCER = {"enable.idempotence": True, "compression.type": "zstd", "linger.ms": 5}
PERSON = "person"  # the one key within a person's state: one look, one change
REMEMBERED = 100  # interactions of a person, to know a copy


class Person(msgspec.Struct):
    """What is remembered: which interactions are decided, and which asks caps count."""

    decided: tuple[UUID, ...] = ()
    asks: tuple[Ask, ...] = ()


_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_person = msgspec.msgpack.Decoder(Person).decode


class Outgoing(NamedTuple):
    """An event for a topic; `told`: of a decision, what the sink stores."""

    value: bytes
    told: Told | None


class _Value(Serializer):
    def __call__(self, value: Outgoing, ctx: Any) -> bytes:
        return value.value


class Deciding:
    """One interaction after the other. Ceilings are this process's own: state is by person."""

    def __init__(self, rules: Rules, withdrawn: dict[UUID, int]) -> None:
        self._rules = rules
        self._withdrawn = withdrawn
        self._today: Counter[Any] = Counter()
        self._alike: Counter[Any] = Counter()

    def __call__(self, value: bytes, state: State) -> list[Outgoing]:
        interaction = read(value)
        stored: bytes | None = state.get_bytes(PERSON)
        person = _person(stored) if stored else Person()
        if interaction.id in person.decided:
            return []  # its checkpoint has published it, or this one will
        who = interaction.contact_id
        contact = Contact(withdrawn=self._withdrawn.get(who, 0) if who else 0, asks=person.asks)
        alike = interaction.workspace, prefix_of(interaction.address)
        decision = self._rules.decide(
            interaction,
            contact,
            today=self._today[interaction.workspace],
            alike=self._alike[alike],
        )
        told = self._rules.told(decision)
        person.decided = (*person.decided[1 - REMEMBERED :], interaction.id)
        if told.asking is not None:
            person.asks = (*person.asks[1 - KEPT :], told.asking.ask)
            self._today[interaction.workspace] += 1
            self._alike[alike] += 1
        state.set_bytes(PERSON, _encode(person))
        step = () if told.asking is None else (Outgoing(told.asking.step, None),)
        return [Outgoing(told.event, told), *step]


class CopySink(BaseSink):
    """A checkpoint's decisions, invitations and steps, in one transaction."""

    def __init__(self, url: str, turn: Turn, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._turn, self._loop = turn, loop
        self._db = loop.run_until_complete(Database.connect(url, size=1))
        self._told: list[Told] = []
        self.came = 0  # messages, copies among them

    def add(self, value: Outgoing, *_: Any, **__: Any) -> None:
        if value.told is not None:
            self._told.append(value.told)

    def flush(self) -> None:
        told, self._told = self._told, []
        if told:
            self._loop.run_until_complete(self._store(told))
        if self.came > self._turn.done:
            self._turn.handled(self.came - self._turn.done)

    async def _store(self, told: Sequence[Told]) -> None:
        try:
            await self._copy(told)
        except asyncpg.UniqueViolationError:  # of a checkpoint that was stored, and did not end
            keys = [_row(one).key for one in told]
            async with self._db.connection() as connection:
                known = await decisions.events(connection, keys)
            await self._copy([one for one in told if _row(one).key not in known])

    async def _copy(self, told: Sequence[Told]) -> None:
        asking = [one.asking for one in told if one.asking is not None]
        bodies = {
            (one.planned.invitation.workspace, one.frozen.id): one.frozen.body for one in asking
        }
        async with self._db.transaction() as connection:
            await decisions.insert(connection, [_row(one) for one in told])
            await invitations.insert_questionnaires(connection, bodies)
            await invitations.insert(connection, [one.planned for one in asking])


def _row(told: Told) -> DecisionRow:
    interaction = told.decision.interaction
    who = interaction.contact_id or NOBODY
    at, reason = told.decision.decided_at, told.decision.reason
    return DecisionRow(interaction.workspace, interaction.id, reason, at, 0, told.event, who)


def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`."""
    loop = asyncio.new_event_loop()
    turn = Turn("quix", events)
    rules = loop.run_until_complete(Rules.read(url))
    deciding = Deciding(rules, loop.run_until_complete(opted_out(url)))
    sink = CopySink(url, turn, loop)
    with tempfile.TemporaryDirectory() as folder:

        def processed(*_: Any) -> None:
            sink.came += 1
            if sink.came == events:
                app.stop()

        app = Application(
            servers,
            consumer_group=f"{namespace}quix",
            auto_offset_reset="earliest",
            commit_every=BATCH,
            state_dir=folder,
            producer_extra_config=PRODUCER,
            on_message_processed=processed,
            loglevel="ERROR",
        )
        interactions = app.topic(
            namespace + INTERACTIONS, key_deserializer="bytes", value_deserializer="bytes"
        )
        told, due = (
            app.topic(namespace + name, key_serializer="bytes", value_serializer=_Value())
            for name in (DECISIONS, STEPS_SMS)
        )

        def where(value: Outgoing, *_: Any) -> Topic:
            return due if value.told is None else told

        outgoing = app.dataframe(interactions).apply(deciding, stateful=True, expand=True)
        outgoing.to_topic(where).sink(sink)
        app.run()
    return turn.report()


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(run(servers, url, namespace, int(events))))
