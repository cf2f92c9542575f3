"""Keys of tables: led by the workspace, and with a bound for whatever somebody outside may send.

A row of a B-tree has at most 2,704 bytes; a longer one fails the statement, and with it the others
that a group commit writes beside it.
"""

from collections.abc import Mapping, Sequence

import pytest

from aftercall.platform import SERVICES
from channel.incoming.callbacks import LONGEST
from channel.store.outcomes import LONGEST_NAME
from common.database import Database
from common.process.access import LONGEST_ID
from common.process.service import schemas
from common.testing.databases import Package
from ingest.domain import signature

ROW = 2_704  # bytes
BESIDE = 200  # bytes: what stands in a key beside its texts
CHARACTER = 4  # bytes, of any alphabet; names that we give are ASCII
SLUG, WORD, NUMBER, OURS = 63, 200 * CHARACTER, 50, 100
# By column: how long it can be, in bytes.
LONGEST_TEXTS: Mapping[str, int] = {
    "workspace": SLUG,
    "account": SLUG,
    "source": SLUG,
    "survey": SLUG,
    "question": SLUG,
    "flow_id": SLUG,
    "event_key": LONGEST * CHARACTER,
    "provider_message_id": LONGEST_NAME * CHARACTER,
    "value": WORD,  # of a dimension
    "agent": WORD,
    "queue": WORD,
    "our_number": NUMBER,
    "sender": NUMBER,
    "prefix": NUMBER,
    "document": SLUG,
    "ingest.webhooks.id": signature._LONGEST_ID * CHARACTER,
    "config.api_keys.id": LONGEST_ID,
    "config.documents.id": SLUG,
    "config.drafts.id": WORD,
    "config.secrets.name": SLUG,
    "audience_id": SLUG,
    "orchestrator.aimed_asks.name": WORD,
    "orchestrator.aimed_calls.name": WORD,
    "orchestrator.audiences.id": SLUG,
    "orchestrator.cap_asks.name": WORD,
    "orchestrator.consent_ledger.channel": OURS,  # one of a few words, as is the next
    "orchestrator.consent_ledger.state": OURS,
    "orchestrator.do_not_contact_lists.id": SLUG,
    "orchestrator.quota_asks.name": WORD,
    "console.users.oidc_subject": 64,  # a digest
    "whatsapp_sender.numbers.number": NUMBER,
    "whatsapp_sender.templates.name": 512,
    **dict.fromkeys(  # what we say ourselves
        (
            "name",
            "group",
            "topic",
            "kind",
            "why",
            "problem",
            "service",
            "dimension",
            "grain",
            "metric",
            "language",
            "counted_by",
            "per",
        ),
        OURS,
    ),
}
# Looked at for all workspaces at once: by time, or by a name that nobody else can have.
OF_ALL = {
    "analytics.studies.studies_open",
    "config.changes.changes_pkey",
    "config.documents.documents_source",
    "ingest.calls.calls_closing",
    "ingest.calls.calls_reported",
    "ingest.tallies.tallies_day",
    "ingest.webhooks.webhooks_signed",
    "orchestrator.audiences.audiences_running",
    "orchestrator.dry_runs.dry_runs_open",
    "orchestrator.early_amendments.early_amendments_age",
    "orchestrator.erasures.erasures_open",
    "orchestrator.steps.steps_due",
    *(
        f"{sender}.sends.{index}"
        for sender in ("sms_sender", "ivr_gateway", "whatsapp_sender")
        for index in ("sends_expiring", "sends_unknown")
    ),
    *(f"{sender}.links.links_pkey" for sender in ("sms_sender", "ivr_gateway", "whatsapp_sender")),
    "config.api_keys.api_keys_pkey",
    "console.user_changes.user_changes_pkey",
    "console.user_changes.user_changes_user",
    "console.users.users_email",
    "console.users.users_oidc",
    "console.users.users_pkey",
}
_INDEXES = """
    select n.nspname || '.' || t.relname as table, i.relname as name,
        array_agg(a.attname order by k.place) as columns,
        array_agg(y.typname order by k.place) as types,
        exists (select from pg_attribute w
                where w.attrelid = t.oid and w.attname = 'workspace') as of_workspaces
    from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    join pg_am m on m.oid = i.relam and m.amname = 'btree'
    cross join unnest(x.indkey) with ordinality as k (number, place)
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number
    left join pg_type y on y.oid = a.atttypid
    where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    group by 1, 2, 5
"""


@pytest.fixture
def migrations() -> Sequence[Package]:
    return schemas(SERVICES)


async def test_the_workspace_leads_every_key_of_its_rows(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(_INDEXES)

    not_led = {
        f"{row['table']}.{row['name']}"
        for row in rows
        if row["of_workspaces"] and row["columns"][0] != "workspace"
    }
    assert len(rows) > 80
    assert not_led == OF_ALL


async def test_no_key_can_be_longer_than_an_index_takes(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(_INDEXES)

    for row in rows:
        texts = [
            column
            for column, kind in zip(row["columns"], row["types"], strict=True)
            if kind in ("text", "varchar")
        ]
        longest = sum(_bound(row["table"], column) for column in texts)
        assert longest + BESIDE <= ROW, (row["table"], row["name"], longest)


async def test_rollups_hold_counts_and_no_words(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = 'analytics' and table_name = 'rollups'"
        )
    keys = {"workspace", "dimension", "grain", "value", "survey", "question", "metric"}

    assert {row["column_name"] for row in rows if row["data_type"] == "text"} == keys
    assert {"jsonb", "json", "bytea"} & {row["data_type"] for row in rows} == set()


def _bound(table: str, column: str) -> int:
    """In bytes. A new column of a key has to be thought about."""
    return LONGEST_TEXTS.get(f"{table}.{column}") or LONGEST_TEXTS[column]
