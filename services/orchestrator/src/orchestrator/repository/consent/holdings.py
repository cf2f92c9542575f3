"""What the tables of this service hold about one contact, as they are."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from common.database import Connection
from common.database.holdings import MOST
from common.database.sealing import opened_rows
from common.sealing import Place, is_sealed
from orchestrator.repository import audiences
from orchestrator.repository.consent import contacts, do_not_contact
from orchestrator.repository.deciding import decisions, early

_STATEMENTS = {
    "contacts": "select workspace, id, address, withdrawn, granted, unreachable,"
    " unreachable_since, erased_at, person, linked_at, linked_by_hand"
    " from orchestrator.contacts where workspace = $1 and id = $2",
    "linked_contacts": "select o.id, o.address from orchestrator.contacts c"
    " join orchestrator.contacts o on o.workspace = c.workspace and o.person = c.person"
    " where c.workspace = $1 and c.id = $2 and o.id <> c.id order by o.id",
    "consent_ledger": "select * from orchestrator.consent_ledger"
    " where workspace = $1 and contact_id = $2 order by occurred_at",
    "do_not_contact": "select l.id as list, d.address, l.loaded_at"
    " from orchestrator.do_not_contact d join orchestrator.do_not_contact_lists l"
    " using (workspace, load) where d.workspace = $1 and d.contact_id = $2",
    "audience_people": "select audience_id, person, taken_at, reason"
    " from orchestrator.audience_people where workspace = $1 and contact_id = $2"
    " order by audience_id",
    "erasures": "select id, contact_id, erased_at, asked_by, deleted_at from orchestrator.erasures"
    " where workspace = $1 and contact_id = $2 order by erased_at",
    "decisions": "select decided_at, copies, differing, event from orchestrator.decisions"
    " where workspace = $1"
    " and (contact_id = $2 or contact_id is null and position($2::text::bytea in event) > 0)",
    "early_amendments": "select interaction_id, came_at, event from orchestrator.early_amendments"
    " where workspace = $1 and contact_id = $2",
}
_SEALED: Mapping[str, Mapping[str, Place]] = {
    "contacts": {"address": contacts.ADDRESS},
    "linked_contacts": {"address": contacts.ADDRESS},
    "do_not_contact": {"address": do_not_contact.ADDRESS},
    "audience_people": {"person": audiences.PERSON},
    "decisions": {"event": decisions.EVENT},
    "early_amendments": {"event": early.EVENT},
}
_INVITATIONS = """
    select id, interaction_id, flow_id, planned_at, answers_until, test, status, reason, stopped
    from orchestrator.invitations where workspace = $1 and id = any($2) and contact_id = $3
"""
_STEPS = "select * from orchestrator.steps where workspace = $1 and invitation_id = any($2)"


class _Invited(msgspec.Struct):
    invitation_id: UUID | None = None


class _Event(msgspec.Struct):
    data: _Invited


_invited = msgspec.json.Decoder(_Event)


async def of_contact(
    connection: Connection, workspace: str, contact: UUID
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """By table; invitations are found by the decisions that planned them."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, statement in _STATEMENTS.items():
        rows = await connection.fetch(f"{statement} limit {MOST + 1}", workspace, contact)
        found[name] = await opened_rows(
            connection, workspace, rows, _SEALED.get(name, {}), else_sealed=True
        )
    events = [row["event"] for row in found["decisions"] if not is_sealed(row["event"])]
    named = [_invited.decode(event).data.invitation_id for event in events]
    invited = [one for one in named if one is not None]
    found["invitations"] = await connection.fetch(_INVITATIONS, workspace, invited, contact)
    found["steps"] = await connection.fetch(_STEPS, workspace, invited)
    return found
