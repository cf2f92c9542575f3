"""`aftercall keys create | list | revoke`: API keys, next to the database."""

from datetime import datetime
from typing import Annotated, Any

import typer

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.errors import Trouble
from aftercall.platform_queries import no_workspace
from aftercall.runtime import with_runtime
from aftercall.tables import Column, lines, say_json
from common.process.runtime import Runtime
from common.wording import meant
from orchestrator.service.configuration.keys import OPERATOR, SCOPES, Keys, create_key

keys = typer.Typer(
    help="API keys, next to the database: run it where the platform runs.\n\n"
    "Scopes: `events:write` posts calls; `read` reads scores, calls, answers and decisions;"
    " `consent:write` records who said no; `config:write` changes flows, surveys and accounts;"
    " `privacy` exports and erases what is held about a person;"
    " `admin` is all of these, and makes keys.",
    no_args_is_help=True,
)
_FOR = {
    "events:write": "posts calls",
    "read": "reads scores, calls, answers",
    "consent:write": "records who said no",
    "config:write": "changes flows, surveys, accounts",
    "privacy": "exports and erases what is held about a person",
    "admin": "all of these, and makes keys",
}
_COLUMNS = (
    Column("id", lambda row: row["id"], 16),
    Column("name", lambda row: row["name"], 14),
    Column("workspace", lambda row: row["workspace"] or "(every)", 12),
    Column("last used", lambda row: _day(row["last_used_at"]), 10),
    Column("scopes", lambda row: _revoked(row) or " ".join(row["scopes"]), 40),
)


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for; people read it.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="May be given several times: "
            + "; ".join(f"{one} {what}" for one, what in _FOR.items())
            + "."
        ),
    ],
    workspace: Annotated[str | None, typer.Option(help="Leave out for an operator's key.")] = None,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Make an API key and print it, this once.

    Example: aftercall keys create "our PBX" --scope events:write --workspace acme
    """
    for one in scope:
        if one not in SCOPES:
            raise Trouble(
                f"--scope {one}: there is no such scope{meant(one, SCOPES)};"
                f" there are {', '.join(SCOPES)}"
            )

    async def work(runtime: Runtime) -> str:
        known = await runtime.config.current()
        if workspace is not None and workspace not in known.workspaces:
            raise no_workspace(workspace, known.workspaces)
        async with runtime.db.transaction() as connection:
            return await create_key(connection, name=name, scopes=scope, workspace=workspace)

    key = with_runtime(data, work)
    if as_json:
        say_json({"key": key, "id": key.split("_")[1], "scopes": scope, "workspace": workspace})
    else:
        typer.echo(key)


@keys.command("list")
def list_keys(
    workspace: Annotated[str | None, typer.Option(help="Only those of this workspace.")] = None,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Which keys there are, what each may do, and when it was last used; never a key itself."""

    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        known = await runtime.config.current()
        if workspace is not None and workspace not in known.workspaces:
            raise no_workspace(workspace, known.workspaces)
        return [dict(row) for row in await Keys(runtime.db).listed(workspace)]

    found = with_runtime(data, work)
    if as_json:
        say_json({"keys": found})
        return
    for line in lines(_COLUMNS, found) if found else ["no keys"]:
        typer.echo(line)


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """End a key; within two seconds nobody accepts it any more."""
    identity = key_id.split("_")[1] if key_id.startswith("ac_") else key_id

    async def work(runtime: Runtime) -> None:
        await Keys(runtime.db).revoke(identity, None, by=OPERATOR)

    with_runtime(data, work)
    if as_json:
        say_json({"id": identity, "revoked": True})
    else:
        typer.echo(f"{identity} is revoked")


def _day(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d}"


def _revoked(row: Any) -> str | None:
    return "revoked" if row["revoked_at"] else None
