"""What went out by flow, which is what a channel costs: asks, arrivals, seconds of calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from channel.schemas import FlowUsage, UsageBody
from channel.store import placed
from channel.store.placed import Ceiling
from channel.store.schema import Schema
from common.config import ConfigReader
from common.database import Database
from common.errors import BadInput, FieldError
from common.time import Clock

MONTH, LONGEST = timedelta(days=30), timedelta(days=92)
MOST_FLOWS = 1_000
_BY_FLOW = """
    select m.flow_id as flow, count(*) as asks,
        count(*) filter (where s.sent_at is not null) as sent,
        count(*) filter (where s.delivered_at is not null) as reached,
        coalesce(sum(s.seconds), 0)::bigint as seconds,
        coalesce(sum(s.transferred), 0)::bigint as transferred
    from {schema}.sends s
    join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
    where s.workspace = $1 and s.created_at >= $2 and s.created_at < $3
      and s.kind = 'step' and s.claimed_at is not null and not s.test
    group by m.flow_id order by m.flow_id limit $4
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Reads; of one workspace."""

    db: Database
    schema: Schema
    config: ConfigReader
    clock: Clock
    ceiling: Ceiling | None

    async def read(
        self, workspace: str, *, since: datetime | None, until: datetime | None
    ) -> UsageBody:
        """Of what was planned within the time, the last 30 days unless said. Raises `BadInput`."""
        end = until or self.clock()
        begin = since or end - MONTH
        if not begin < end <= begin + LONGEST:
            raise BadInput([FieldError("from", f"earlier, by {LONGEST.days} days at most")])
        described = (await self.config.current(max_age=5.0)).workspaces.get(workspace)
        today = most = None
        async with self.db.scoped(workspace) as connection:
            rows = await connection.fetch(self.schema(_BY_FLOW), workspace, begin, end, MOST_FLOWS)
            if self.ceiling is not None and described is not None:
                day = self.clock().astimezone(ZoneInfo(described.workspace.zone)).date()
                today = await placed.of_day(connection, self.schema, workspace, day)
                most = self.ceiling(described.workspace)
        return UsageBody(tuple(FlowUsage(**row) for row in rows), today, most)
