"""The tables of the schema `config`, as `migrations/` makes them (a test compares)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(schema="config")
TIME = DateTime(timezone=True)

version = Table(
    "version",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("enabled_since", TIME),
    Column("changed_at", TIME, nullable=False, server_default=func.now()),
    Index("documents_source", "id", unique=True, postgresql_where=text("kind = 'source'")),
)

changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("changed_at", TIME, nullable=False, server_default=func.now()),
    Column("changed_by", Text, nullable=False),
    Index("changes_document", "workspace", "kind", "document", "version"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", TIME, nullable=False, server_default=func.now()),
    Column("expires_at", TIME),
    Column("revoked_at", TIME),
    Column("last_used_at", TIME),
)

secrets = Table(
    "secrets",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("key", Integer, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Column("written_at", TIME, nullable=False, server_default=func.now()),
    Column("written_by", Text, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("base", JSONB),
    Column("written_at", TIME, nullable=False),
    Column("written_by", Text, nullable=False),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("master_key", Integer, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Column("made_at", TIME, nullable=False, server_default=func.now()),
)
