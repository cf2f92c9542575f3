"""Responses become messages, in the transaction that takes them: nothing is told twice or lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from closed_loop.domain.happenings import Event, Seen, happenings, message_id
from closed_loop.domain.notices import low_rating
from closed_loop.domain.rules import alert_id, is_low
from closed_loop.domain.shape import call_shape, response_shape, unknown_call
from closed_loop.repository import calls, messages, rules
from closed_loop.repository.calls import Call, Key, Told
from closed_loop.repository.messages import Message
from closed_loop.service.erasing import without_erased
from common.config import Config, ConfigReader
from common.database import Connection, Database
from common.events import Envelope
from common.events.decisions import Decision, Verdict
from common.events.responses import Response
from common.failpoints import failpoint
from common.time import Clock, utc_now

PATIENCE = timedelta(minutes=15)  # for a decision; the topic may not have it any more
AT_ONCE = 200  # calls that are not waited for any longer, in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Handlers of batches. Copies, older revisions and any order of topics: the same messages.

    `committed`: there may be something to send, or to tell. `console`: its address, for links.
    """

    db: Database
    config: ConfigReader
    committed: Callable[[], None]
    console: str = "/console"
    clock: Clock = utc_now

    async def on_decisions(self, events: Sequence[Envelope[Decision]]) -> None:
        """Those that ask; of the others there are no answers."""
        invited = [event for event in events if event.data.verdict is Verdict.INVITE]
        if not invited:
            return
        config = await self.config.current(max_age=1.0)
        async with self.db.transaction() as connection:
            invited = await without_erased(connection, invited)
            waiting = await self._decided(connection, invited, config)
        if waiting:
            self.committed()

    async def _decided(
        self, connection: Connection, events: Sequence[Envelope[Decision]], config: Config
    ) -> bool:
        """Whether something had waited for one of them."""
        found: dict[Key, tuple[str, Any, int, dict[str, Any], str | None]] = {}
        for event in events:
            call = event.data.interaction
            key = (event.workspace, call.id)
            if key not in found or found[key][2] < event.data.revision:
                shape = call_shape(event.data, zone_of(config, event.workspace))
                found[key] = (*key, event.data.revision, shape, call.address)
        if not found:
            return False
        await calls.decided(connection, list(found.values()))
        waiting = await calls.take_waiting(connection, found)
        known = {key: Call(found[key][3], found[key][4]) for key, _ in waiting}
        await self._tell(connection, waiting, known)
        return bool(waiting)

    async def on_responses(self, events: Sequence[Envelope[Response]]) -> None:
        """Answers of test numbers count nowhere, and nobody is told of them."""
        real = [event for event in events if not event.data.test]
        if not real:
            return
        async with self.db.transaction() as connection:
            real = await without_erased(connection, real)
            if not real:
                return
            known = await calls.locked(connection, (_about(event) for event in real))
            before = await calls.seen(connection, {_key(event) for event in real})
            changed: dict[Key, tuple[Any, Seen, list[Told]]] = {}
            tellings: list[tuple[Key, list[Told]]] = []
            for event in real:
                key, response = _key(event), event.data
                seen = changed[key][1] if key in changed else before.get(key, Seen())
                told: list[Told] = [(one, response) for one in happenings(seen, response)]
                if not told:
                    continue
                waits = known[_about(event)].body is None
                kept = changed[key][2] if key in changed else []
                changed[key] = (
                    response.interaction_id,
                    seen.after(response),
                    [*kept, *told] if waits else kept,
                )
                if not waits:
                    tellings.append((_about(event), told))
            if changed:
                await calls.remember(connection, changed)
            await self._tell(connection, tellings, known)
            failpoint("closed_loop.before_commit")
        failpoint("closed_loop.after_commit")
        if tellings:
            self.committed()

    async def tell_anyway(self) -> bool:
        """What has waited too long for its call goes out without it; whether there may be more."""
        async with self.db.transaction() as connection:
            before = self.clock() - PATIENCE
            keys = await calls.overdue(connection, before=before, most=AT_ONCE)
            if not keys:
                return False
            known = await calls.locked(connection, keys)
            waiting = await calls.take_waiting(connection, keys)
            await self._tell(connection, waiting, known)
        self.committed()
        return len(keys) == AT_ONCE

    async def _tell(
        self,
        connection: Connection,
        tellings: Sequence[tuple[Key, Sequence[Told]]],
        known: dict[Key, Call],
    ) -> None:
        if not tellings:
            return
        await self._raise_alerts(connection, tellings, known)
        listening = await messages.listening(connection, {key[0] for key, _ in tellings})
        found = [
            _message(key[0], known[key], *one)
            for key, told in tellings
            if key[0] in listening
            for one in told
        ]
        await messages.write(connection, found, now=self.clock())

    async def _raise_alerts(
        self,
        connection: Connection,
        tellings: Sequence[tuple[Key, Sequence[Told]]],
        known: dict[Key, Call],
    ) -> None:
        """One of a response and a rule, at the first of its scores that is low."""
        low = [
            (key, response)
            for key, told in tellings
            for event, response in told
            if event is not Event.FINISHED and is_low(response)
        ]
        if not low:
            return
        watching = await rules.watching(connection, {key[0] for key, _ in low})
        found = []
        for key, response in low:
            call = body_of(known[key], response)
            for rule in watching.get(key[0], ()):
                if rule.wants(call, response):
                    data = low_rating(call, response, console=self.console)
                    found.append((key[0], alert_id(rule.id, response.id), rule.id, data))
        if found:
            await rules.raise_(connection, found)


def body_of(call: Call, response: Response) -> dict[str, Any]:
    return call.body if call.body is not None else unknown_call(response)


def _message(workspace: str, call: Call, event: Any, response: Response) -> Message:
    body = body_of(call, response)
    return Message(
        workspace=workspace,
        id=message_id(event, response),
        type=event,
        at=response.changed_at,
        flow=body["flow_id"],
        survey=response.survey_id,
        data=response_shape(body, response),
        address=call.address,
    )


def zone_of(config: Config, workspace: str) -> str:
    """Of a workspace that is gone, UTC."""
    known = config.workspaces.get(workspace)
    return known.workspace.zone if known else "UTC"


def _about(event: Envelope[Response]) -> Key:
    return event.workspace, event.data.interaction_id


def _key(event: Envelope[Response]) -> Key:
    return event.workspace, event.data.id
