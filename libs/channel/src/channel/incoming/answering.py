"""Whether a message is answered: what we write back obeys what asks obey, and some rates.

Whoever makes us text is paid for it in some countries. An answer that is not sent changes nothing
of what was said: a STOP holds, a score counts. That somebody was not answered is said once a day.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from channel import metrics
from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Entry
from channel.store import rates
from channel.store.outcomes import InboundMessage
from channel.store.schema import Schema
from channel.store.sends import NewSend
from common.database import Connection
from common.phone import country_of

MOST_FOLLOW_UPS = 20  # to one person in a day; the longest survey with retries needs fewer
Unanswered = Mapping[tuple[str, str], int]  # (workspace, why) -> messages

_NOTE = """
    insert into {schema}.unanswered as u (workspace, day, why, messages)
    select n.workspace, $4::date, n.why, n.messages
    from unnest($1::text[], $2::text[], $3::int[]) as n (workspace, why, messages)
    on conflict (workspace, day, why) do update set messages = u.messages + excluded.messages
    returning workspace, why, messages
"""


def may_answer(work: ContactWork, entry: Entry, inbound: InboundMessage) -> bool:
    """By the person and the country; of strangers `granted` has the last word."""
    workspace_id = entry.callback.workspace
    if work.followed_up[entry.callback.contact] >= MOST_FOLLOW_UPS:
        work.unanswered[workspace_id, "rate"] += 1
        return False
    workspace = work.config.workspaces.get(workspace_id)
    if workspace is None or not inbound.address.startswith("+"):
        return True  # no telephone number: nobody is paid for what we write to it
    if country_of(inbound.address) in workspace.countries:
        return True
    work.unanswered[workspace_id, "country"] += 1
    return False


async def granted(connection: Connection, schema: Schema, work: ContactWork) -> list[NewSend]:
    """The follow-ups that may be written: to strangers so many in an hour of a workspace."""
    wanted = Counter(f.send.workspace for f in work.follow_ups if f.send.id in work.strangers)
    left: dict[str, int] = {}
    for name, count in sorted(wanted.items()):
        workspace = work.config.workspaces.get(name)
        most = workspace.workspace.stranger_replies if workspace else 0
        place = (name, "", "strangers")
        left[name] = await rates.lease_of_hour(connection, schema, place, most=most, count=count)
    going = []
    for one in work.follow_ups:
        name = one.send.workspace
        if one.send.id not in work.strangers:
            going.append(one)
        elif left[name] > 0:
            left[name] -= 1
            going.append(one)
        else:
            work.unanswered[name, "strangers"] += 1
    return going


async def note(
    connection: Connection, schema: Schema, channel: str, unanswered: Unanswered, now: datetime
) -> list[tuple[str, str]]:
    """Counts them; returns (workspace, why) of those that are the first of their day."""
    if not unanswered:
        return []
    known = sorted(unanswered)
    rows = await connection.fetch(
        schema(_NOTE),
        [workspace for workspace, _ in known],
        [why for _, why in known],
        [unanswered[one] for one in known],
        now.date(),
    )
    for (_, why), count in unanswered.items():
        metrics.NOT_ANSWERED.labels(channel, why).inc(count)
    return [
        (row["workspace"], row["why"])
        for row in rows
        if row["messages"] == unanswered[row["workspace"], row["why"]]
    ]
