"""A decided batch goes into the tables: two rows per call, copied."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from common.bus import Message
from common.database import Connection
from common.events.decisions import Decision
from orchestrator import metrics
from orchestrator.domain.contact import Contact
from orchestrator.domain.invitation import LEASE, NEWER_CALL, Status
from orchestrator.domain.reminding import overtaken
from orchestrator.repository import contacts, days, decisions, handovers, invitations
from orchestrator.repository.decisions import DecisionRow
from orchestrator.service import messages
from orchestrator.service.cancelling import cancel, report_unsent
from orchestrator.service.gathering import Gathered
from orchestrator.service.publishing import Outcome
from orchestrator.service.told import Told


class CeilingPassed(Exception):
    """Another replica used up a workspace's day while this batch was decided."""


async def remember(connection: Connection, gathered: Gathered, told: Told) -> Outcome:
    """Raises `UniqueViolationError` or `CeilingPassed`: roll back and decide again."""
    batch, copies = gathered.batch, gathered.copies
    if batch.invitations:
        await _remember_contacts(connection, gathered)
    await decisions.insert(
        connection,
        [
            _row(decision, message, copies.get(decision.interaction.id, 0) if copies else 0)
            for decision, message in zip(batch.decisions, told.decisions, strict=True)
        ],
    )
    handed_over = await _remember_asks(connection, gathered) if batch.invitations else []
    if gathered.reminding:
        decided = [decision.interaction for decision in batch.decisions]
        late = list(overtaken(decided, gathered.reminding, batch.contacts))
        await cancel(connection, late, NEWER_CALL, now=gathered.now)
    repeated = {one: n for one, n in copies.items() if one in gathered.known}
    if repeated:
        await decisions.count_copies(connection, repeated)
    if batch.planned:
        await _respect_ceiling(connection, gathered)
    _count(batch.decisions, copies=sum(copies.values()))
    again = [messages.decided_before(event) for event in gathered.known.values()]
    return Outcome([*again, *told.decisions, *told.steps], handed_over)


async def _remember_contacts(connection: Connection, gathered: Gathered) -> None:
    """First of all, and by id: two batches with the same people then wait in the same order."""
    batch = gathered.batch
    asked = [d.interaction for d in batch.decisions if d.invitation_id is not None]
    known: dict[UUID, tuple[str | None, Contact]] = {}
    new: dict[UUID, tuple[str, str | None, Contact]] = {}
    for one in asked:
        assert one.contact_id
        facts = batch.contacts[one.contact_id]
        if one.contact_id in gathered.stored:
            known[one.contact_id] = one.address, facts
        else:
            new[one.contact_id] = one.workspace, one.address, facts
    if known:
        await contacts.store_asks(connection, known)
    if new:
        await contacts.insert(connection, new)


async def _remember_asks(connection: Connection, gathered: Gathered) -> list[int]:
    """The handover of those that go out at once."""
    batch = gathered.batch
    bodies = {one.id: one.body for one in batch.questionnaires.values()}
    await invitations.insert_questionnaires(connection, bodies)
    await invitations.insert(connection, batch.invitations.values())
    at_once = [one for one in batch.invitations.values() if one.status == Status.CANCELLED]
    await report_unsent(connection, at_once, now=gathered.now)
    if batch.replaced:
        replaced = [gathered.waiting[one] for one in sorted(batch.replaced)]
        await cancel(connection, replaced, NEWER_CALL, now=gathered.now)
    going = [one.id for one in batch.invitations.values() if one.status == Status.ASKED]
    return [await handovers.insert(connection, going, gathered.now + LEASE)] if going else []


async def _respect_ceiling(connection: Connection, gathered: Gathered) -> None:
    sums = await days.add(connection, gathered.today, gathered.batch.planned)
    for workspace, asks in sums.items():
        if asks > gathered.plan.workspaces[workspace].config.workspace.daily_ceiling:
            raise CeilingPassed(workspace)


def _row(decision: Decision, message: Message, copies: int) -> DecisionRow:
    interaction = decision.interaction
    return DecisionRow(
        interaction.id,
        interaction.workspace,
        decision.reason,
        decision.decided_at,
        copies,
        message.value,
    )


def _count(made: Iterable[Decision], *, copies: int) -> None:
    for reason, number in Counter(decision.reason or "invite" for decision in made).items():
        metrics.DECISIONS.labels(reason).inc(number)
    if copies:
        metrics.COPIES.inc(copies)
