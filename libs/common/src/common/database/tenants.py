"""Row-level security: in a transaction of one workspace there are no rows of any other.

`Database.scoped(workspace)` takes the role below for one transaction; all that REST reads and
writes goes through it, so that a forgotten `where workspace = ...` finds nothing and harms nobody.
Consumers and timers work for all workspaces at once, as the tables' owner, and pay nothing for it.

A service that connects as a role of its own, which owns nothing, takes that role's tenant instead
(`aftercall_ingest` -> `aftercall_ingest_tenant`): so it reaches no other service's tables either.
"""

from typing import Any

import asyncpg

ROLE = "aftercall_tenant"
SETTING = "aftercall.workspace"
TENANT = "_tenant"  # after the name of a service's own role

# $1 the role without one of our own, $2 the setting, $3 the workspace.
SCOPE = f"""
    select set_config(
        'role', coalesce(to_regrole(quote_ident(session_user || '{TENANT}'))::text, $1), true
    ), set_config($2, $3, true)
"""

_MAKE_ROLE = f"""
    do $$ begin
        if not exists (select from pg_roles where rolname = '{ROLE}') then
            create role {ROLE} nologin;
        end if;
    exception when duplicate_object or unique_violation then null;  -- another one was faster
    end $$
"""
_TABLES = """
    select c.relname as name,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace'
                and not a.attisdropped) as of_workspaces
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relkind in ('r', 'p')
"""


class NoRole(Exception):
    """The role is missing and may not be made by whoever is connected; says what to do."""


async def confine(connection: Any, schema: str) -> None:
    """Every table of `schema` with a column `workspace` shows a scoped transaction its own rows.

    Of the others it may write to the outbox, and sees none. Safe to repeat. Raises `NoRole`.
    """
    await _make_role(connection)
    await connection.execute(f"grant usage on schema {schema} to {ROLE}")
    for table in await connection.fetch(_TABLES, schema):
        name = f'{schema}."{table["name"]}"'
        if table["of_workspaces"]:
            await connection.execute(_confined(name))
        elif table["name"] == "outbox":
            await connection.execute(f"grant insert on {name} to {ROLE}")


async def _make_role(connection: Any) -> None:
    try:
        await connection.execute(_MAKE_ROLE)
        if not await connection.fetchval("select pg_has_role(current_user, $1, 'set')", ROLE):
            await connection.execute(f"grant {ROLE} to current_user")
    except asyncpg.InsufficientPrivilegeError as error:
        raise NoRole(
            f"{error}; as a superuser: create role {ROLE} nologin; grant {ROLE} to <this user>"
        ) from None


def _confined(table: str) -> str:
    return f"""
        alter table {table} enable row level security;
        drop policy if exists workspace on {table};
        create policy workspace on {table} to {ROLE}
            using (workspace = current_setting('{SETTING}', true));
        grant select, insert, update, delete on {table} to {ROLE};
    """
