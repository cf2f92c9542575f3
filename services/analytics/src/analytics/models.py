"""The tables of the schema `analytics`, as `migrations/` makes them (a test compares)."""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from analytics.domain.packing import COLUMNS, SINCE

metadata = MetaData(schema="analytics")
TIME = DateTime(timezone=True)


def _word(name: str) -> Column[str]:
    """ "" is: none."""
    return Column(name, Text, nullable=False, server_default="")


def _list(name: str, kind: type[Text] | type[SmallInteger] = Text) -> Column[list[str]]:
    return Column(name, ARRAY(kind), nullable=False, server_default="{}")


facts = Table(
    "facts",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
    Column("writes", Integer, nullable=False),
    Column("test", Boolean, nullable=False, server_default=text("false")),
    Column("withdrew_at", TIME),
    Column("revision", BigInteger),
    Column("day", Date),
    Column("zone", Text),
    Column("ended_at", TIME),
    Column("decided_at", TIME),
    Column("reason", Text),
    Column("flow_id", Text),
    Column("flow_version", Integer),
    _word("survey"),
    Column("survey_version", Integer),
    _word("metric"),
    _word("planned_channel"),
    Column("invitation_id", Uuid),
    Column("contact_id", Uuid),
    Column("address", Text),
    _word("queue"),
    _word("agent"),
    _word("agent_name"),
    _word("team"),
    _word("number"),
    _word("site"),
    _word("region"),
    _word("disposition"),
    _list("agents"),
    _list("teams"),
    Column("longest", SmallInteger),
    Column("kind", Text),
    Column("ending", Text),
    Column("direction", Text),
    Column("country", Text),
    Column("source", Text),
    Column("call_id", Text),
    Column("talk_seconds", REAL),
    Column("wait_seconds", REAL),
    Column("hold_seconds", REAL),
    Column("transfers", SmallInteger),
    _list("tags"),
    Column("steps", JSON, nullable=False, server_default=text("'[]'")),
    Column("replies", JSON, nullable=False, server_default=text("'[]'")),
    _list("slots", SmallInteger),
    _list("answers"),
    _word("channel"),
    Column("score", SmallInteger),
    Column("answered_at", TIME),
    Column("answered_day", Date),
    Column("changed_at", TIME),
    Index("facts_day", "workspace", "day", "ended_at", "interaction_id"),
    Index("facts_answered", "answered_day", postgresql_using="brin"),
    Index(
        "facts_contact",
        "contact_id",
        postgresql_using="brin",
        postgresql_ops={"contact_id": "uuid_bloom_ops"},
    ),
)

changes = Table(
    "changes",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("changed_at", TIME, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("contact_id", Uuid, primary_key=True),
    Column("erased_at", TIME, nullable=False),
)

retention = Table(
    "retention",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("done_until", TIME, nullable=False),
)

retention_late = Table(
    "retention_late",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", TIME, nullable=False),
    Index("retention_late_at", "workspace", "kind", "at"),
)

rollups = Table(
    "rollups",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("start", Date, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("survey", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("low", Integer, primary_key=True, autoincrement=False),
    Column("high", Integer, primary_key=True),
    Column("first", Boolean, primary_key=True),
    Column("counts", ARRAY(Integer), nullable=False),
)

first_contacts = Table(
    "first_contacts",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
    Column("again", Boolean, nullable=False),
)

reckoned = Table(
    "reckoned",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("day", Date, primary_key=True),
)

packed = Table(
    "packed",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("facts", Integer, nullable=False),
    *(Column(name, LargeBinary, nullable=False) for name in ("ended", "interactions")),
    *(Column(name, LargeBinary, nullable=name in SINCE) for name in COLUMNS),
)

terms = Table(
    "terms",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("told_at", TIME, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("question", JSON, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("progress", REAL, nullable=False, server_default=text("0")),
    Column("problem", Text),
    Column("result", JSON),
    Column("asked_at", TIME, nullable=False),
    Column("done_at", TIME),
    Column("lease_until", TIME),
    Index(
        "studies_open",
        "asked_at",
        postgresql_where=text("state in ('waiting', 'running')"),
    ),
)
