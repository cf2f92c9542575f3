"""What a sender holds about one contact, as its tables have it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from channel.store.schema import FIELDS, MESSAGE_ADDRESS, STEP, UNMATCHED_ADDRESS, Schema
from common.database import Connection
from common.database.holdings import Held, held
from common.sealing import is_sealed

_OF_CONTACT = "from {schema}.%s where workspace = $1 and contact_id = $2"
_STATEMENTS = {
    **{
        name: f"select * {_OF_CONTACT % name}"
        for name in ("contacts", "sends", "dialogues", "inbox", "unmatched", "windows")
    },
    "messages": "select m.* from {schema}.sends s join {schema}.messages m"
    " on m.workspace = s.workspace and m.send_id = s.id"
    " where s.workspace = $1 and s.contact_id = $2",
    "links": "select survey_id, link, our_number, band, told_at, opened, previews, opened_at "
    + _OF_CONTACT % "links",
}


async def of_contact(connection: Connection, schema: Schema, workspace: str, contact: UUID) -> Held:
    statements = {name: schema(statement) for name, statement in _STATEMENTS.items()}
    sealed = {
        "inbox": {"fields": schema.place(FIELDS)},
        "messages": {"address": schema.place(MESSAGE_ADDRESS), "step": schema.place(STEP)},
        "unmatched": {"address": schema.place(UNMATCHED_ADDRESS)},
    }
    found = await held(connection, statements, workspace, contact, sealed=sealed)
    inbox = [{**row, "fields": _as_json(row["fields"])} for row in found.tables["inbox"]]
    return replace(found, tables={**found.tables, "inbox": inbox})


def _as_json(fields: Any) -> Any:
    """What was sealed is a string of it."""
    if isinstance(fields, str) and not is_sealed(fields):
        return msgspec.json.decode(fields)
    return fields
