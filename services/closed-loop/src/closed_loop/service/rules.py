"""Rules of a workspace and the alerts that they raised, as people and programs handle them."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from closed_loop.domain.rules import Kind
from closed_loop.repository import endpoints, mails, rules
from closed_loop.schemas.requests import NewRule, RuleChange
from common.config import ConfigReader
from common.database import Connection, Database, Row
from common.errors import BadInput, Problem
from common.process.sight import Sight
from common.time import Clock, utc_now

MOST = 50  # rules of a workspace
MINUTE, FORTNIGHT = 60, 14 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`mails`: the operator has set a mail server. `changed`: there may be something to look at."""

    db: Database
    config: ConfigReader
    mails: bool
    changed: Callable[[], None]
    clock: Clock = utc_now

    async def create(self, workspace: str, given: NewRule, *, by: str) -> Row:
        """Raises `BadInput` or `Problem`."""
        if await self.config.workspace(workspace, max_age=1.0) is None:
            raise Problem(404, "No such workspace")
        values = {**_values(given), "id": uuid4()}
        if given.cool_down is None:
            values["cool_down"] = MINUTE if given.kind is Kind.LOW_RATING else FORTNIGHT
        async with self.db.scoped(workspace) as connection:
            if await rules.count(connection, workspace) >= MOST:
                raise Problem(409, "Too many rules", f"A workspace has {MOST} at most.")
            await self._check(connection, workspace, values)
            row = await rules.insert(connection, workspace, values, by=by)
        self.changed()
        return row

    async def _check(self, connection: Connection, workspace: str, given: dict[str, Any]) -> None:
        kind = given["kind"]
        if (kind == Kind.FALLING_SCORE) != (given["metric"] is not None):
            raise BadInput.at("metric", "is what a falling score has, and no other rule")
        if kind != Kind.LOW_RATING and given["flows"]:
            raise BadInput.at("flows", "of a falling figure, choose surveys, teams and queues")
        if given["emails"] and not self.mails:
            raise BadInput.at("emails", "the operator has set no mail server")
        known = {row["id"] for row in await endpoints.listed(connection, workspace)}
        if unknown := set(given["webhooks"]) - known:
            raise BadInput.at("webhooks", f"there is no webhook {min(unknown)}")

    async def listed(self, workspace: str) -> list[Row]:
        async with self.db.scoped(workspace) as connection:
            return await rules.listed(connection, workspace)

    async def one(self, workspace: str, rule: UUID) -> Row:
        async with self.db.scoped(workspace) as connection:
            return await _found(connection, workspace, rule)

    async def change(self, workspace: str, rule: UUID, change: RuleChange, *, by: str) -> Row:
        given = {name: value for name, value in _values(change).items() if value is not None}
        async with self.db.scoped(workspace) as connection:
            found = await _found(connection, workspace, rule, lock=True)
            values = {**dict(found), **given}
            await self._check(connection, workspace, values)
            row = await rules.update(connection, workspace, values, by=by, now=self.clock())
        self.changed()
        return row

    async def remove(self, workspace: str, rule: UUID) -> None:
        async with self.db.scoped(workspace) as connection:
            if not await rules.delete(connection, workspace, rule):
                raise Problem(404, "No such rule")

    async def alerts(
        self,
        workspace: str,
        *,
        sight: Sight | None,
        rule: UUID | None,
        before: tuple[datetime | None, UUID | None],
        limit: int,
    ) -> list[Row]:
        """Newest first; what is in sight."""
        async with self.db.scoped(workspace) as connection:
            return await rules.page(
                connection, workspace, sight=sight, rule=rule, before=before, size=limit
            )

    async def sent(
        self, workspace: str, *, before: tuple[datetime | None, UUID | None], limit: int
    ) -> list[Row]:
        """Mails, newest first."""
        async with self.db.scoped(workspace) as connection:
            return await mails.page(connection, workspace, before=before, size=limit)


async def _found(connection: Connection, workspace: str, rule: UUID, *, lock: bool = False) -> Row:
    row = await rules.one(connection, workspace, rule, lock=lock)
    if row is None:
        raise Problem(404, "No such rule")
    return row


def _values(given: NewRule | RuleChange) -> dict[str, Any]:
    return {field.name: getattr(given, field.name) for field in fields(given)}
