"""Messages that became no answer: kept, and shown to people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.store.schema import UNMATCHED_ADDRESS, Schema
from common.database import Connection
from common.database.sealing import sealed
from common.render import plain

LONGEST = 200  # characters of what is quoted as evidence
_NUMBER = re.compile(r"\+?\d(?:[ ().\-/]{0,2}\d){4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """`why`: late, unreadable, no_dialogue, machine, or may_be_opt_out."""

    workspace: str
    id: UUID
    account: str
    our_number: str
    contact_id: UUID
    address: str
    text: str
    received_at: datetime
    why: str


def quoted(text: str) -> str:
    """What somebody wrote, as the evidence of it: in one line, and without numbers of people."""
    said = _NUMBER.sub("…", " ".join(plain(text).split()))
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


_KEEP = """
    insert into {schema}.unmatched
        (workspace, id, account, our_number, contact_id, address, text, received_at, why)
    select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[],
                         $6::text[], $7::text[], $8::timestamptz[], $9::text[])
    on conflict do nothing
"""


async def keep(connection: Connection, schema: Schema, messages: Sequence[Unmatched]) -> None:
    if not messages:
        return
    addresses = await sealed(
        connection,
        schema.place(UNMATCHED_ADDRESS),
        [(m.workspace, m.address) for m in messages],
    )
    await connection.execute(
        schema(_KEEP),
        [m.workspace for m in messages],
        [m.id for m in messages],
        [m.account for m in messages],
        [m.our_number for m in messages],
        [m.contact_id for m in messages],
        addresses,
        [m.text for m in messages],
        [m.received_at for m in messages],
        [m.why for m in messages],
    )
