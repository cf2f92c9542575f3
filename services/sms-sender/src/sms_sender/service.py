"""What goes out under a header of India: words that are registered there, and no others."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channel.content import Content, Text
from channel.outgoing.fitting import Saying, Unsayable
from channel.store.schema import Key
from common.config import Config, ConfigReader, TwilioSmsAccount
from common.database import Connection
from common.events.sends import FailureClass
from common.telemetry import logging

log = logging.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsFitting:
    """Operators drop other words when we were told that they are sent: here they fail, with why."""

    config: ConfigReader

    async def fit(
        self, connection: Connection, sayings: Sequence[Saying], now: datetime
    ) -> Mapping[Key, Content | Unsayable]:
        config = await self.config.current(connection)
        found: dict[Key, Content | Unsayable] = {}
        for saying in sayings:
            if (why := unregistered(saying, config)) is not None:
                found[saying.send.key] = why
            await asyncio.sleep(0)  # a text may take milliseconds, and others wait for the loop
        return found


def unregistered(saying: Saying, config: Config) -> Unsayable | None:
    """None: it may be said, or is for no operator of India to judge."""
    send, content = saying.send, saying.content
    workspace = config.workspaces.get(send.workspace)
    account = workspace.accounts.get(send.account or "") if workspace else None
    if not isinstance(account, TwilioSmsAccount) or not isinstance(content, Text):
        return None
    sender = account.sender_of(send.sender or "")
    if sender is None or account.may_say(content.text, sender):
        return None
    log.warning("words_not_registered", send_id=str(send.id), header=sender.header)
    return Unsayable(FailureClass.CONFIG, f"its words are no template (DLT) of {sender.header}")
