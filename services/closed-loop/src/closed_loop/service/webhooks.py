"""Endpoints of a workspace: made, changed, asked what became of what was sent to them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from closed_loop.domain.addresses import refused
from closed_loop.domain.happenings import TEST, Event
from closed_loop.domain.signing import Salts, key_of, new_salt, secret_of
from closed_loop.repository import deliveries, endpoints, log, messages
from closed_loop.repository.messages import Message
from closed_loop.schemas.answers import EndpointBody
from closed_loop.schemas.requests import EndpointChange, NewEndpoint
from common.config import ConfigReader
from common.database import Connection, Database, Row
from common.errors import BadInput, Problem
from common.time import Clock, utc_now

MOST = 20  # endpoints of a workspace
AGAIN_AT_ONCE = 10_000  # messages of one replay
SWITCHED_OFF = "the endpoint was switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """`hosts`: of the operator's, see `domain/addresses.py`. `committed`: there is to send."""

    db: Database
    config: ConfigReader
    pepper: bytes
    hosts: Collection[str] | None
    committed: Callable[[], None]
    clock: Clock = utc_now

    async def create(self, workspace: str, given: NewEndpoint, *, by: str) -> tuple[Row, str]:
        """The endpoint and its secret. Raises `BadInput` or `Problem`."""
        self._check(given.url)
        if given.format == "slack" and [*given.events] != [Event.ALERT]:
            raise BadInput.at("events", "Slack is told of alert.raised alone")
        if await self.config.workspace(workspace, max_age=1.0) is None:
            raise Problem(404, "No such workspace")
        salt, values = new_salt(), {**_values(given), "id": uuid4()}
        async with self.db.scoped(workspace) as connection:
            if await endpoints.count(connection, workspace) >= MOST:
                raise Problem(409, "Too many webhooks", f"A workspace has {MOST} at most.")
            row = await endpoints.insert(connection, workspace, values, salt=salt, by=by)
        return row, self._secret(workspace, row["id"], salt)

    def _check(self, url: str) -> None:
        if why := refused(url, self.hosts):
            raise BadInput.at("url", why)

    def _secret(self, workspace: str, endpoint: UUID, salt: bytes) -> str:
        return secret_of(key_of(self.pepper, workspace, endpoint, salt))

    async def listed(self, workspace: str) -> list[Row]:
        async with self.db.scoped(workspace) as connection:
            return await endpoints.listed(connection, workspace)

    async def one(self, workspace: str, endpoint: UUID) -> Row:
        async with self.db.scoped(workspace) as connection:
            return await _found(connection, workspace, endpoint)

    async def change(
        self, workspace: str, endpoint: UUID, change: EndpointChange, *, by: str
    ) -> Row:
        """Switched off, what waits is given up; it can be sent again later."""
        if change.url is not None:
            self._check(change.url)
        async with self.db.scoped(workspace) as connection:
            before = await _found(connection, workspace, endpoint, lock=True)
            if before["format"] == "slack" and change.events not in (None, (Event.ALERT,)):
                raise BadInput.at("events", "Slack is told of alert.raised alone")
            given = {name: value for name, value in _values(change).items() if value is not None}
            now = self.clock()
            row = await endpoints.update(
                connection, workspace, {**dict(before), **given}, by=by, now=now
            )
            if before["enabled"] and not row["enabled"]:
                place = (workspace, endpoint)
                await deliveries.give_up(connection, place, SWITCHED_OFF, now=now)
        return row

    async def remove(self, workspace: str, endpoint: UUID) -> None:
        async with self.db.scoped(workspace) as connection:
            if not await endpoints.delete(connection, workspace, endpoint):
                raise Problem(404, "No such webhook")

    async def rotate(
        self, workspace: str, endpoint: UUID, *, keep: timedelta, by: str
    ) -> tuple[str, datetime]:
        """The new secret, and until when the one before signs, too."""
        now = self.clock()
        salts = Salts(new_salt(), previous_until=now + keep)
        async with self.db.scoped(workspace) as connection:
            row = await endpoints.rotate(
                connection, workspace, endpoint, salts=salts, by=by, now=now
            )
        if row is None:
            raise Problem(404, "No such webhook")
        return self._secret(workspace, endpoint, salts.current), row["previous_until"]

    async def test(self, workspace: str, endpoint: UUID, *, text: str) -> UUID:
        """Sends something that can be seen; returns its id."""
        now = self.clock()
        message = Message(
            workspace=workspace,
            id=uuid4(),
            type=TEST,
            at=now,
            data={"text": text, "endpoint_id": str(endpoint)},
        )
        async with self.db.scoped(workspace) as connection:
            if not (await _found(connection, workspace, endpoint, lock=True))["enabled"]:
                raise Problem(409, "Switched off", "Nothing is sent to an endpoint that is off.")
            await messages.write(connection, [message], now=now)
            await log.send_to(connection, workspace, endpoint, message.id, now=now)
        self.committed()
        return message.id

    async def deliveries(
        self,
        workspace: str,
        endpoint: UUID,
        *,
        state: str | None,
        before: tuple[datetime | None, UUID | None],
        limit: int,
    ) -> list[Row]:
        async with self.db.scoped(workspace) as connection:
            await _found(connection, workspace, endpoint)
            return await log.page(
                connection, workspace, endpoint, state=state, before=before, size=limit
            )

    async def delivery(
        self, workspace: str, endpoint: UUID, message: UUID
    ) -> tuple[Row, Mapping[str, Any], list[Row]]:
        async with self.db.scoped(workspace) as connection:
            found = await log.delivery(connection, workspace, endpoint, message)
        if found is None:
            raise Problem(404, "No such delivery")
        return found

    async def replay(
        self,
        workspace: str,
        endpoint: UUID,
        *,
        message: UUID | None,
        since: datetime | None,
        until: datetime | None,
        all_of_them: bool,
    ) -> tuple[int, datetime | None]:
        """How many are sent again, and from when on there are more. Raises `BadInput`, 404, 409."""
        if (message is None) == (since is None):
            raise BadInput.at("message", "give either `message` or `from`")
        now = self.clock()
        async with self.db.scoped(workspace) as connection:
            if not (await _found(connection, workspace, endpoint, lock=True))["enabled"]:
                raise Problem(409, "Switched off", "Nothing is sent to an endpoint that is off.")
            if message is not None:
                if not await log.send_one_again(connection, workspace, endpoint, message, now=now):
                    raise Problem(404, "No such delivery")
                queued, last = 1, None
            else:
                assert since is not None
                queued, last = await log.send_again(
                    connection,
                    workspace,
                    endpoint,
                    since=since,
                    until=until or now,
                    all_of_them=all_of_them,
                    most=AGAIN_AT_ONCE,
                    now=now,
                )
        self.committed()
        return queued, last if queued == AGAIN_AT_ONCE else None


async def _found(
    connection: Connection, workspace: str, endpoint: UUID, *, lock: bool = False
) -> Row:
    row = await endpoints.one(connection, workspace, endpoint, lock=lock)
    if row is None:
        raise Problem(404, "No such webhook")
    return row


def _values(given: NewEndpoint | EndpointChange) -> dict[str, Any]:
    return {field.name: getattr(given, field.name) for field in fields(given)}


def body_of(row: Row) -> EndpointBody:
    """What is shown of an endpoint."""
    shown = {field.name: row[field.name] for field in fields(EndpointBody) if field.name in row}
    if row["format"] == "slack":
        parts = urlsplit(row["url"])
        shown["url"] = f"{parts.scheme}://{parts.hostname}/…{row['url'][-4:]}"
    return EndpointBody(**shown, both_secrets_until=row["previous_until"])
