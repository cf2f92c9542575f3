"""Alerts that wait become a notice: mails to those of the rule, and a message for webhooks.

Intake and watching only raise alerts, in their own transactions; what is told, when and to whom is
decided here, for a rule at a time, so that what came meanwhile is told together.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from closed_loop import metrics
from closed_loop.domain.happenings import Event
from closed_loop.domain.notices import SHOWN, Notice, notice
from closed_loop.domain.rules import Rule, tell_at
from closed_loop.repository import mails, messages, rules
from closed_loop.repository.messages import Message
from closed_loop.service.intake import zone_of
from common.config import ConfigReader
from common.database import Connection, Database, Row
from common.errors import Retry
from common.failpoints import failpoint
from common.ids import derived
from common.pace import Pace
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
LINGER = 0.05  # seconds
POLL = 5.0  # seconds: digests and cool-downs are due some time


@dataclass(slots=True, kw_only=True)
class Telling:
    """`console`: its address, for links. `wake` when alerts were committed."""

    db: Database
    config: ConfigReader
    console: str
    committed: Callable[[], None]
    most_mails: int  # of a workspace in a day: whom they go to is a workspace's own to say
    clock: Clock = utc_now
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        pace = Pace(LINGER)
        while True:
            await pace.keep()
            self._news.clear()
            try:
                await self.tell_due()
            except Retry as error:
                log.warning("alerts_wait", reason=error.reason)
                await asyncio.sleep(error.after)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._news.wait()

    async def tell_due(self) -> None:
        config = await self.config.current(max_age=1.0)
        async with self.db.connection() as connection:
            waiting = await rules.untold(connection)
        for row, oldest in waiting:
            due_at = tell_at(rules.rule_of(row), oldest, zone_of(config, row["workspace"]))
            if self.clock() >= due_at or not row["enabled"]:
                await self._tell(row["workspace"], row["id"])

    async def _tell(self, workspace: str, rule: UUID) -> None:
        now = self.clock()
        async with self.db.transaction() as connection:
            row = await rules.take(connection, workspace, rule)
            found = await rules.told(connection, workspace, rule, now=now) if row else []
            if row is None or not found:
                return
            if row["enabled"]:
                await self._write(connection, rules.rule_of(row), found, now)
            failpoint("alerts.before_commit")
        metrics.NOTICES.inc()
        self.committed()

    async def _write(
        self, connection: Connection, rule: Rule, found: Sequence[Row], now: datetime
    ) -> None:
        shown = [row["data"] for row in found[:SHOWN]]
        more = len(found) - len(shown)
        words = notice(rule, shown, more=more, console=self.console)
        identity = derived("notice", rule.id, found[-1]["id"], len(found))
        message = _message(rule, identity, found[:SHOWN], words, more=more, now=now)
        if await messages.listening(connection, {rule.workspace}):
            await messages.write(connection, [message], now=now, only=rule.webhooks)
        refused = await mails.write(
            connection,
            rule.workspace,
            rule.id,
            [(derived("mail", identity, to), to) for to in rule.emails],
            subject=words.subject,
            text=words.text,
            now=now,
            most=self.most_mails,
        )
        if refused:
            log.warning("too_many_mails", workspace=rule.workspace, count=refused)
            metrics.MAILS.labels("refused").inc(refused)


def _message(
    rule: Rule, identity: UUID, found: Sequence[Row], words: Notice, *, more: int, now: datetime
) -> Message:
    data: dict[str, Any] = {
        "rule_id": str(rule.id),
        "rule": rule.name,
        "kind": rule.kind,
        "subject": words.subject,
        "text": words.text,
        "alerts": [{"id": str(row["id"]), **row["data"]} for row in found],
        "more": more,
    }
    return Message(workspace=rule.workspace, id=identity, type=Event.ALERT, at=now, data=data)
