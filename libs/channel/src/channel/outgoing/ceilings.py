"""How many of a workspace's asks may go out on a day of its zone, over all replicas: each costs."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from channel.store import delivery, placed
from channel.store.delivery import Send, SendKind
from channel.store.placed import Ceiling
from channel.store.schema import Schema
from common.config import Config
from common.database import Connection
from common.events.sends import DeliveryStatus, FailureClass


async def within(
    connection: Connection,
    schema: Schema,
    most: Ceiling,
    config: Config,
    *,
    before: Sequence[Send],
    after: Sequence[Send],
    now: datetime,
) -> list[Send]:
    """`after`, but for those that are too many: they fail untried, so that a plan goes on.

    In the claim's transaction, so what is claimed is counted, once; what was tried before and not
    taken is not counted again.
    """
    first = [one for one in after if _counts(one)]
    if not first:
        return list(after)
    name = first[0].workspace  # a claim is of one lane
    workspace = config.workspaces[name].workspace
    ceiling, day = most(workspace), now.astimezone(ZoneInfo(workspace.zone)).date()
    granted = await placed.add(connection, schema, name, day, count=len(first), most=ceiling)
    refused = {one.key for one in first[granted:]}
    why = f"the daily ceiling of {ceiling} calls is reached"
    return [
        delivery.refused(was, FailureClass.THROTTLED, why) if was.key in refused else one
        for was, one in zip(before, after, strict=True)
    ]


def _counts(send: Send) -> bool:
    claimed = send.state is DeliveryStatus.CLAIMED and send.kind is SendKind.STEP
    return claimed and send.attempts == 1
