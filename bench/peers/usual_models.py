"""The tables of the usual app: those of ours that a call passes, as models with proper indexes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, SmallInteger, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "usual"


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), bytes: LargeBinary}  # noqa: RUF012


class ContactRow(Base):
    __tablename__ = "contacts"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str | None]
    withdrawn: Mapped[int] = mapped_column(SmallInteger)  # bits, as ours
    granted: Mapped[int] = mapped_column(SmallInteger)


class DecisionRow(Base):
    __tablename__ = "decisions"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    interaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime]
    event: Mapped[bytes]


class InvitationRow(Base):
    """Caps count these: the newest of a contact, by its index."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index("invitations_contact", "workspace", "contact_id", "due_at"),
        {"schema": SCHEMA},
    )

    workspace: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    interaction_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    flow_id: Mapped[str]
    survey: Mapped[str]
    metric: Mapped[str]
    questionnaire: Mapped[UUID]
    ended_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answers_until: Mapped[datetime]
    counts: Mapped[bool]
    status: Mapped[str]


class StepRow(Base):
    __tablename__ = "steps"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime]
    send_by: Mapped[datetime]


class QuestionnaireRow(Base):
    __tablename__ = "questionnaires"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[bytes]


class DailyAsks(Base):
    __tablename__ = "daily_asks"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    asks: Mapped[int]


class PrefixAsks(Base):
    __tablename__ = "prefix_asks"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    workspace: Mapped[str] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    asks: Mapped[int]


async def set_up(engine: AsyncEngine) -> None:
    """Its tables, and in them who opted out."""
    async with engine.begin() as connection:
        await connection.execute(text(f"create schema {SCHEMA}"))
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            text(
                f"insert into {SCHEMA}.contacts (workspace, id, address, withdrawn, granted)"
                " select workspace, id, address, withdrawn, granted from orchestrator.contacts"
            )
        )
