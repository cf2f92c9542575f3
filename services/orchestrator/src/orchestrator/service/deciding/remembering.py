"""A decided batch goes into the tables: a row per call, two more when it is asked about; copied."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from common.bus import Message
from common.database import Connection
from common.events.decisions import Decision, Reason
from orchestrator import metrics
from orchestrator.domain.aiming import Aims
from orchestrator.domain.channel_plan import NEWER_CALL, StepState
from orchestrator.domain.contact import Contact
from orchestrator.domain.invitation import LEASE, overtaken
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts
from orchestrator.repository.deciding import aims, decisions
from orchestrator.repository.deciding.decisions import NOBODY, DecisionRow
from orchestrator.repository.schedule import handovers, invitations
from orchestrator.service import events
from orchestrator.service.deciding.gathering import Gathered
from orchestrator.service.deciding.limiting import respect_limits
from orchestrator.service.deciding.outgoing import OutgoingEvents
from orchestrator.service.publishing import Outcome
from orchestrator.service.schedule import progress
from orchestrator.service.schedule.progress import Progress


class DecidedMeanwhile(Exception):
    """Another replica decided one of them again, or amended it."""


async def remember(connection: Connection, gathered: Gathered, outgoing: OutgoingEvents) -> Outcome:
    """Raises `UniqueViolationError`, `DecidedMeanwhile` or `CeilingPassed`.

    Then roll back and decide again.
    """
    batch, copies = gathered.batch, gathered.copies
    if batch.planned:
        await _remember_contacts(connection, gathered)
    rows = [
        _row(decision, message, copies)
        for decision, message in zip(batch.decisions, outgoing.decisions, strict=True)
    ]
    if gathered.earlier:  # hardly ever
        await _decide_again(connection, gathered, rows)
        rows = [row for row in rows if row.key not in gathered.earlier]
    await decisions.insert(connection, rows)
    handed_over = await _remember_asks(connection, gathered) if batch.planned else []
    if gathered.further:
        decided = [decision.interaction for decision in batch.decisions]
        late = list(overtaken(decided, gathered.further, batch.contacts, batch.others))
        await progress.stop(connection, late, NEWER_CALL, {}, now=gathered.now)
    if gathered.objected:
        await progress.stop(
            connection, gathered.objected, Reason.DO_NOT_SURVEY, {}, now=gathered.now
        )
    stored = gathered.known.keys() | gathered.earlier.keys()
    repeated = {one: n for one, n in copies.items() if one in stored}
    if repeated or gathered.differing:
        await decisions.count_copies(connection, repeated, gathered.differing)
    if batch.tally.aims.calls:
        await _count_for_aims(connection, batch.tally.aims)
    if batch.asks:
        await respect_limits(connection, gathered)
    _count(
        batch.decisions,
        copies=sum(copies.values()),
        differing=sum(gathered.differing.values()),
    )
    again = [events.decided_before(one) for one in gathered.known.values() if one is not None]
    return Outcome([*again, *outgoing.decisions, *outgoing.steps], handed_over)


async def _count_for_aims(connection: Connection, aimed: Aims) -> None:
    """Where a period begins, what is older than the one before goes."""
    begun = [key for key, n in aimed.calls.items() if aimed.standings[key].calls == n]
    if begun:
        await aims.forget(connection, [aimed.earlier[key] for key in begun])
    await aims.add(connection, aimed.calls, aimed.asks)


async def _decide_again(
    connection: Connection, gathered: Gathered, rows: Sequence[DecisionRow]
) -> None:
    """In the place of what was decided before, unless somebody else did so meanwhile."""
    again = [(row, gathered.earlier[row.key].event) for row in rows if row.key in gathered.earlier]
    if await decisions.replace(connection, again) < len(again):
        raise DecidedMeanwhile


async def _remember_contacts(connection: Connection, gathered: Gathered) -> None:
    """First of all, and by key: two batches with the same people then wait in the same order."""
    batch = gathered.batch
    asked = [d.interaction for d in batch.decisions if d.invitation_id is not None]
    known: dict[Key, tuple[str | None, Contact]] = {}
    new: dict[Key, tuple[str | None, Contact]] = {}
    for one in asked:
        assert one.contact_id
        key = one.workspace, one.contact_id
        (known if key in gathered.stored else new)[key] = one.address, batch.contacts[key]
    for key in batch.freed - known.keys():
        known[key] = None, batch.contacts[key]
    if known:
        await contacts.store_asks(connection, known)
    if new:
        await contacts.insert(connection, new)


async def _remember_asks(connection: Connection, gathered: Gathered) -> list[int]:
    """The handover of those that go out at once. Slots of replaced ones are free already."""
    batch = gathered.batch
    bodies = {(key[0], one.id): one.body for key, one in batch.questionnaires.items()}
    await invitations.insert_questionnaires(connection, bodies)
    await invitations.insert(connection, batch.planned.values())
    unsent = [Progress(planned, effect) for planned, effect in batch.unsent]
    await progress.tell(connection, unsent, now=gathered.now)
    if batch.replaced:
        replaced = [gathered.pending[one] for one in sorted(batch.replaced)]
        await progress.stop(connection, replaced, NEWER_CALL, {}, now=gathered.now)
    going = [
        (key, step.number)
        for key, one in batch.planned.items()
        if (step := one.course.steps[-1]).state == StepState.WITH_SENDER
    ]
    return [await handovers.insert(connection, going, gathered.now + LEASE)] if going else []


def _row(decision: Decision, message: Message, copies: Mapping[Key, int]) -> DecisionRow:
    interaction = decision.interaction
    key = interaction.workspace, interaction.id
    return DecisionRow(
        *key,
        decision.reason,
        decision.decided_at,
        copies.get(key, 0) if copies else 0,
        message.value or b"",
        interaction.contact_id or NOBODY,
    )


def _count(made: Iterable[Decision], *, copies: int, differing: int) -> None:
    for reason, number in Counter(decision.reason or "invite" for decision in made).items():
        metrics.DECISIONS.labels(reason).inc(number)
    if copies:
        metrics.COPIES.inc(copies)
    if differing:
        metrics.DIFFERING.inc(differing)
