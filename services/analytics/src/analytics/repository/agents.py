"""What agents are called: as the calls of each told it last, whoever of a call they were."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from common.database import Connection

Agent = tuple[str, str]  # workspace, agent

_TELL = """
insert into analytics.agents (workspace, agent, name, told_at)
select workspace, agent, name, told_at
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
    as told(workspace, agent, name, told_at)
order by workspace, agent
on conflict (workspace, agent) do update set name = excluded.name, told_at = excluded.told_at
where agents.told_at <= excluded.told_at
"""
_NAMES = "select agent, name from analytics.agents where workspace = $1 and agent = any($2)"


async def tell(connection: Connection, names: Mapping[Agent, tuple[str, datetime]]) -> None:
    """The later one stays."""
    if names:
        rows = [(*agent, *told) for agent, told in names.items()]
        await connection.execute(_TELL, *map(list, zip(*rows, strict=True)))


async def names(connection: Connection, workspace: str, agents: Sequence[str]) -> dict[str, str]:
    """Of those whose name was told."""
    rows = await connection.fetch(_NAMES, workspace, agents)
    return {row["agent"]: row["name"] for row in rows}
