"""How many of a workspace's latest asks were answered, by how their numbers begin."""

from datetime import datetime, timedelta

from common.database import Connection
from common.phone import country_of
from orchestrator.domain.conversion import Reached
from orchestrator.domain.prefixes import LAST, SHORTEST

SINCE = timedelta(days=2)
PATIENCE = timedelta(hours=1)  # that people had to answer
LATEST = 20_000  # steps that are looked at, so that it costs the same however much is asked
_REACHED = """
    with latest as (
        select s.invitation_id from orchestrator.steps s
        where s.workspace = $1 and s.send_by > $2 and s.sent_at between $2 and $3
          and s.state in ('sent', 'delivered')
        order by s.send_by desc limit $4
    ), asked as (
        select c.address, i.status = 'answered' as answered
        from (select distinct invitation_id from latest) l
        join orchestrator.invitations i on i.workspace = $1 and i.id = l.invitation_id
        join orchestrator.contacts c on c.workspace = $1 and c.id = i.contact_id
        where not i.test and c.address like '+%'
    )
    select left(address, greatest($5::int, length(address) - $6::int)) as prefix,
        min(address) as one, count(*) as asks, count(*) filter (where answered) as answers
    from asked group by 1 order by 1
"""


async def reached(connection: Connection, workspace: str, now: datetime) -> list[Reached]:
    """Texts and calls that went out at least an hour ago."""
    rows = await connection.fetch(
        _REACHED, workspace, now - SINCE, now - PATIENCE, LATEST, SHORTEST, LAST
    )
    return [
        Reached(
            workspace=workspace,
            numbers=row["prefix"],
            country=country_of(row["one"]) or "unknown",
            asks=row["asks"],
            answers=row["answers"],
        )
        for row in rows
    ]
