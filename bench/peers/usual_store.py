"""How the usual app decides one call: what it reads, what it adds, in one transaction."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bench.peers.rules import Asking, Rules, Told
from bench.peers.usual_models import (
    ContactRow,
    DailyAsks,
    DecisionRow,
    InvitationRow,
    PrefixAsks,
    QuestionnaireRow,
    StepRow,
)
from common.events.decisions import Decision, Verdict
from orchestrator.domain.contact import NOBODY, Ask, Contact
from orchestrator.domain.interaction_view import InteractionView
from orchestrator.domain.prefixes import hour_of, prefix_of


class Full(Exception):
    """A ceiling: counted over it, so nothing of this is committed."""

    def __init__(self, taken: "Taken") -> None:
        self.taken = taken


class Taken(NamedTuple):
    """Asks of the workspace today, and of this hour's numbers that begin alike."""

    today: int = 0
    alike: int = 0


class Store:
    def __init__(self, sessions: async_sessionmaker[AsyncSession], rules: Rules) -> None:
        self._sessions = sessions
        self._rules = rules
        self._questionnaires: set[UUID] = set()  # those that are surely stored

    async def decided(self, interaction: InteractionView) -> Told | bytes:
        """The event as it was stored, where the call was decided before."""
        taken = Taken()  # nothing, until a counter says that it is full
        while True:
            try:
                async with self._sessions() as session, session.begin():
                    outcome = await self._decide(session, interaction, taken)
            except Full as full:
                taken = full.taken
                continue
            if isinstance(outcome, Told) and outcome.asking is not None:
                self._questionnaires.add(outcome.asking.frozen.id)
            return outcome

    async def _decide(
        self, session: AsyncSession, interaction: InteractionView, taken: Taken
    ) -> Told | bytes:
        workspace, who = interaction.workspace, interaction.contact_id
        row = None
        if who is not None:
            row = await session.get(ContactRow, (workspace, who), with_for_update=True)
        known = await session.get(DecisionRow, (workspace, interaction.id))
        if known is not None:
            return known.event
        contact = Contact(withdrawn=row.withdrawn, granted=row.granted) if row else NOBODY
        decision = self._look(interaction, contact, taken)
        if decision.verdict is Verdict.INVITE and who is not None and row is not None:
            contact = Contact(contact.withdrawn, contact.granted, await self._asks(session, row))
            decision = self._look(interaction, contact, taken)
        told = self._rules.told(decision)
        session.add(_decision(told))
        if told.asking is not None:
            if row is None:
                session.add(_contact(decision))
            await self._ask(session, decision, told.asking)
        return told

    def _look(self, interaction: InteractionView, contact: Contact, taken: Taken) -> Decision:
        return self._rules.decide(interaction, contact, today=taken.today, alike=taken.alike)

    async def _asks(self, session: AsyncSession, contact: ContactRow) -> tuple[Ask, ...]:
        """What caps count."""
        memory = self._rules.workspace(contact.workspace).memory
        rows = await session.scalars(
            select(InvitationRow).where(
                InvitationRow.workspace == contact.workspace,
                InvitationRow.contact_id == contact.id,
                InvitationRow.due_at > datetime.now(UTC) - memory,
            )
        )
        return tuple(
            Ask(one.id, one.due_at, one.ended_at, one.flow_id, one.metric, one.counts, one.survey)
            for one in rows
        )

    async def _ask(self, session: AsyncSession, decision: Decision, asking: Asking) -> None:
        name = decision.interaction.workspace
        session.add_all([_invitation(asking), *_steps(asking)])
        if asking.frozen.id not in self._questionnaires:
            values = {"workspace": name, "id": asking.frozen.id, "body": asking.frozen.body}
            await session.execute(insert(QuestionnaireRow).values(values).on_conflict_do_nothing())
        await session.flush()  # counters come last: everybody waits for those
        await self._count(session, decision)

    async def _count(self, session: AsyncSession, decision: Decision) -> None:
        interaction, alike = decision.interaction, 0
        workspace = self._rules.workspace(interaction.workspace)
        if prefix := prefix_of(interaction.address):
            hour = hour_of(decision.decided_at)
            values = {"workspace": interaction.workspace, "prefix": prefix, "hour": hour}
            alike = await _one_more(session, PrefixAsks, values)
        day = decision.decided_at.astimezone(workspace.zone).date()
        today = await _one_more(
            session, DailyAsks, {"workspace": interaction.workspace, "day": day}
        )
        if today > workspace.ceiling or alike > workspace.prefix_ceiling:
            raise Full(Taken(today - 1, alike - 1))


async def _one_more(session: AsyncSession, model: Any, key: dict[str, Any]) -> int:
    """The new sum."""
    statement = insert(model).values(**key, asks=1)
    counted = statement.on_conflict_do_update(
        index_elements=list(key), set_={"asks": model.asks + 1}
    ).returning(model.asks)
    asks: int = (await session.execute(counted)).scalar_one()
    return asks


def _decision(told: Told) -> DecisionRow:
    decision = told.decision
    return DecisionRow(
        workspace=decision.interaction.workspace,
        interaction_id=decision.interaction.id,
        contact_id=decision.interaction.contact_id,
        reason=decision.reason,
        decided_at=decision.decided_at,
        event=told.event,
    )


def _contact(decision: Decision) -> ContactRow:
    interaction = decision.interaction
    return ContactRow(
        workspace=interaction.workspace,
        id=interaction.contact_id,
        address=interaction.address,
        withdrawn=0,
        granted=0,
    )


def _invitation(asking: Asking) -> InvitationRow:
    invitation, ask = asking.planned.invitation, asking.ask
    return InvitationRow(
        workspace=invitation.workspace,
        id=invitation.id,
        interaction_id=invitation.interaction_id,
        contact_id=invitation.contact_id,
        flow_id=invitation.flow_id,
        survey=ask.survey,
        metric=ask.metric,
        questionnaire=invitation.questionnaire,
        ended_at=ask.ended_at,
        planned_at=invitation.planned_at,
        due_at=ask.at,
        answers_until=invitation.answers_until,
        counts=ask.counts,
        status=asking.planned.course.status,
    )


def _steps(asking: Asking) -> list[StepRow]:
    invitation = asking.planned.invitation
    return [
        StepRow(
            workspace=invitation.workspace,
            invitation_id=invitation.id,
            number=step.number,
            kind=step.kind,
            channel=step.channel,
            state=step.state,
            due_at=step.due_at,
            send_by=step.send_by,
        )
        for step in asking.planned.course.steps
    ]
