"""What goes out now, where a channel has more than one way of saying it, or must not say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from channel.content import Content
from channel.store import delivery
from channel.store.delivery import Send
from channel.store.schema import Key
from common.database import Connection
from common.events.sends import DeliveryStatus, FailureClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A send that is about to be claimed, and what it says as it was planned."""

    send: Send
    content: Content

    @property
    def window(self) -> tuple[str, str, UUID]:
        return self.send.workspace, self.send.sender or "", self.send.contact_id


@dataclass(frozen=True, slots=True)
class Unsayable:
    """It fails before it was tried. `reason`: in words, for people."""

    failure: FailureClass
    reason: str


class Fitting(Protocol):
    """A channel's last word on the form of its messages, in the transaction of the claim."""

    async def fit(
        self, connection: Connection, sayings: Sequence[Saying], now: datetime
    ) -> Mapping[Key, Content | Unsayable]:
        """By send: another content, or none at all; what is absent goes out as it was planned."""
        ...


async def applied(
    channel: Fitting,
    connection: Connection,
    planned: Sequence[tuple[Send, Content | None]],
    judged: Sequence[Send],
    now: datetime,
) -> tuple[list[Content | None], list[Send]]:
    """Contents and sends as they are after the channel's word; in the order of `planned`."""
    pairs = list(zip(planned, judged, strict=True))
    sayings = [
        Saying(send=send, content=content)
        for (send, content), after in pairs
        if after.state is DeliveryStatus.CLAIMED and content is not None
    ]
    fits = await channel.fit(connection, sayings, now) if sayings else {}
    contents: list[Content | None] = []
    sends: list[Send] = []
    for (send, content), after in pairs:
        found = fits.get(send.key)
        if isinstance(found, Unsayable):
            after, found = delivery.refused(send, found.failure, found.reason), None
        contents.append(found or content)
        sends.append(after)
    return contents, sends
