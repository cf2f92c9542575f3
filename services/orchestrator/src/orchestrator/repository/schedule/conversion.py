"""How many of a workspace's latest asks were answered, by how their numbers begin."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from common.database import Connection
from common.database.sealing import opened
from common.phone import country_of
from orchestrator.domain.conversion import Reached
from orchestrator.domain.prefixes import prefix_of
from orchestrator.repository.consent.contacts import ADDRESS

SINCE = timedelta(days=2)
PATIENCE = timedelta(hours=1)  # that people had to answer
LATEST = 20_000  # steps that are looked at, so that it costs the same however much is asked
_AT_ONCE = 1_000  # addresses that are opened before anybody else has a turn
_ASKED = """
    with latest as (
        select s.invitation_id from orchestrator.steps s
        where s.workspace = $1 and s.send_by > $2 and s.sent_at between $2 and $3
          and s.state in ('sent', 'delivered')
        order by s.send_by desc limit $4
    )
    select c.address, i.status = 'answered' as answered
    from (select distinct invitation_id from latest) l
    join orchestrator.invitations i on i.workspace = $1 and i.id = l.invitation_id
    join orchestrator.contacts c on c.workspace = $1 and c.id = i.contact_id
    where not i.test and c.address is not null
"""


async def reached(connection: Connection, workspace: str, now: datetime) -> list[Reached]:
    """Texts and calls that went out at least an hour ago."""
    rows = await connection.fetch(_ASKED, workspace, now - SINCE, now - PATIENCE, LATEST)
    asked: list[tuple[str | None, bool]] = []
    for begin in range(0, len(rows), _AT_ONCE):
        some = rows[begin : begin + _AT_ONCE]
        addresses = await opened(connection, ADDRESS, [(workspace, r["address"]) for r in some])
        asked += zip(addresses, [row["answered"] for row in some], strict=True)
        await asyncio.sleep(0)
    return _by_beginning(workspace, asked)


def _by_beginning(workspace: str, asked: Iterable[tuple[str | None, bool]]) -> list[Reached]:
    """Of numbers, each with whether there was an answer."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for address, answered in asked:
        if address and (beginning := prefix_of(address)):
            found.setdefault(beginning, []).append((address, answered))
    return [
        Reached(
            workspace=workspace,
            numbers=beginning,
            country=country_of(min(address for address, _ in some)) or "unknown",
            asks=len(some),
            answers=sum(answered for _, answered in some),
        )
        for beginning, some in sorted(found.items())
    ]
