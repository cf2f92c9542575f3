"""Rights as a database has them: put right, and looked at. A role that is not there is left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aftercall.grants.postgres import ALL, RECORD, Rights
from common.database.tenants import SETTING

_OUTBOX = "outbox"
_ROLES = "select rolname from pg_roles where rolname = any($1)"
_TABLES = """
    select c.oid, n.nspname as schema, c.relname as name, c.relkind in ('r', 'p') and exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'workspace' and not a.attisdropped
    ) as of_workspaces
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any($1) and c.relkind in ('r', 'p', 'v')
"""
_POLICIES = """
    select schemaname as schema, tablename as name, policyname as policy from pg_policies
    where schemaname = any($1)
"""
_BYPASS = "select rolname from pg_roles where rolname = any($1) and not rolbypassrls"


@dataclass(frozen=True, slots=True)
class Table:
    """Or a view. `of_workspaces`: its rows belong to workspaces, and it confines who is scoped."""

    oid: int
    schema: str
    name: str
    of_workspaces: bool

    def __str__(self) -> str:
        return f'{self.schema}."{self.name}"'


async def there(connection: Any, wanted: Sequence[Rights]) -> list[Rights]:
    """Those whose role exists."""
    names = {row["rolname"] for row in await connection.fetch(_ROLES, [r.role for r in wanted])}
    return [one for one in wanted if one.role in names]


async def put_right(connection: Any, wanted: Sequence[Rights], schemas: Sequence[str]) -> None:
    """Each role may do what it is to do in these schemas, and nothing else there.

    To be called in a transaction, as the tables' owner; safe to repeat, beside what runs.
    """
    tables = await _tables(connection, schemas)
    made = {tuple(row) for row in await connection.fetch(_POLICIES, schemas)}
    known = {table.schema for table in tables}
    for rights in wanted:
        roles = f"{rights.role}, {rights.tenant}"
        for schema in sorted(known):
            await connection.execute(f"revoke all on all tables in schema {schema} from {roles}")
            await connection.execute(f"revoke all on schema {schema} from {roles}")
            if schema in rights.schemas:
                await connection.execute(f"grant usage on schema {schema} to {roles}")
        for table, privileges in _granted(rights, tables):
            for statement in _statements(rights, table, privileges, made):
                await connection.execute(statement)


async def lacking(connection: Any, wanted: Sequence[Rights], schemas: Sequence[str]) -> list[str]:
    """Like `aftercall_ingest: insert on ingest.parts`, for every right that is not there."""
    tables = await _tables(connection, schemas)
    asked = [
        (rights.role, privilege, table)
        for rights in wanted
        for table, privileges in _granted(rights, tables)
        for privilege in privileges
    ]
    rows = await connection.fetch(
        "select r, p, s || '.' || t as t"
        " from unnest($1::text[], $2::text[], $3::oid[], $4::text[], $5::text[]) u (r, p, o, s, t)"
        " where not has_schema_privilege(r, s, 'usage') or not has_table_privilege(r, o, p)"
        " order by r, s, t, p",
        [role for role, _, _ in asked],
        [privilege for _, privilege, _ in asked],
        *([getattr(table, name) for *_, table in asked] for name in ("oid", "schema", "name")),
    )
    blind = await connection.fetch(_BYPASS, [rights.role for rights in wanted])
    return [
        *(f"{row['rolname']}: bypassrls" for row in blind),
        *(f"{row['r']}: {row['p']} on {row['t']}" for row in rows),
    ]


async def _tables(connection: Any, schemas: Sequence[str]) -> list[Table]:
    rows = await connection.fetch(_TABLES, schemas)
    return [Table(*row) for row in rows]


def _granted(rights: Rights, tables: Sequence[Table]) -> Iterator[tuple[Table, Sequence[str]]]:
    for table in tables:
        named: Mapping[str, Sequence[str]] | None = rights.schemas.get(table.schema)
        if named is None:
            continue
        if table.name == RECORD:
            yield table, ("select",)
        elif privileges := named.get(table.name, named.get(ALL)):
            yield table, privileges


def _statements(
    rights: Rights, table: Table, privileges: Sequence[str], made: set[tuple[Any, ...]]
) -> Iterator[str]:
    words = ", ".join(privileges)
    yield f"grant {words} on {table} to {rights.role}"
    if table.name == _OUTBOX:
        yield f"grant insert on {table} to {rights.tenant}"
    if not table.of_workspaces:
        return
    yield f"grant {words} on {table} to {rights.tenant}"
    if (table.schema, table.name, rights.tenant) not in made:  # it locks the table: only if it must
        own = f"workspace = current_setting('{SETTING}', true)"
        yield f"create policy {rights.tenant} on {table} to {rights.tenant} using ({own})"
