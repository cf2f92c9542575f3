"""Messages that became no answer: kept, and shown to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.schema import Schema
from common.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """`why`: late, unreadable, or no_dialogue."""

    id: UUID
    workspace: str
    account: str
    our_number: str
    contact_id: UUID
    address: str
    text: str
    received_at: datetime
    why: str


async def keep(connection: Connection, schema: Schema, messages: Sequence[Unmatched]) -> None:
    if not messages:
        return
    await connection.executemany(
        schema(
            """
            insert into {schema}.unmatched
                (id, workspace, account, our_number, contact_id, address, text, received_at, why)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
            """
        ),
        [
            (
                m.id,
                m.workspace,
                m.account,
                m.our_number,
                m.contact_id,
                m.address,
                m.text,
                m.received_at,
                m.why,
            )
            for m in messages
        ],
    )
