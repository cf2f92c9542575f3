"""What a sender holds about one contact, as its tables have it."""

from uuid import UUID

from channel.store.schema import MESSAGE_ADDRESS, UNMATCHED_ADDRESS, Schema
from common.database import Connection
from common.database.holdings import Held, held

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
        "messages": {"address": schema.place(MESSAGE_ADDRESS)},
        "unmatched": {"address": schema.place(UNMATCHED_ADDRESS)},
    }
    return await held(connection, statements, workspace, contact, sealed=sealed)
