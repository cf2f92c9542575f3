"""`aftercall users`: who may look at the console, made next to the database."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.runtime import with_runtime
from aftercall.tables import Column, lines, say_json
from aftercall.users import link_url
from common.errors import BadInput
from common.process.runtime import Runtime
from console.app import people_of
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR

users = typer.Typer(help="People of the console.", no_args_is_help=True)
Link = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="AFTERCALL_URL",
        help="Where people reach the console; else AFTERCALL_PUBLIC_URL, else port 8080 here.",
    ),
]
Email = Annotated[str, typer.Argument(help="An e-mail address.")]
_COLUMNS = (
    Column("email", lambda row: row["email"], 36),
    Column("role", lambda row: row["role"], 10),
    Column("workspace", lambda row: row["workspace"] or "(every)", 20),
    Column("sees", lambda row: ", ".join(row["teams"]) or row["agent"] or "all", 20),
    Column("", lambda row: "disabled" if row["disabled"] else " ", 8),
)

_TYPED = {"teams": "--team", "agent": "--agent", "email": "EMAIL"}  # field -> how it is given


@users.command("add")
def add(
    email: Email,
    role: Annotated[
        Role,
        typer.Option(
            help="An admin changes things, an analyst reads; a supervisor reads what is of"
            " some teams, an agent what is their own."
        ),
    ],
    team: Annotated[
        list[str] | None, typer.Option(help="Of a supervisor; more than one by repeating it.")
    ] = None,
    agent: Annotated[str, typer.Option(help="Of an agent: the id by which calls name them.")] = "",
    workspace: Annotated[
        str | None, typer.Option(help="Leave out for an operator: every workspace.")
    ] = None,
    data: Data = DEFAULT_DATA,
    url: Link = None,
    as_json: Json = False,
) -> None:
    """Make a user, and print the link that lets them in once to choose a password."""

    async def work(runtime: Runtime) -> str:
        if workspace is not None and await runtime.config.workspace(workspace, max_age=0) is None:
            raise BadInput.at("--workspace", f"there is no workspace {workspace}")
        people = people_of(runtime)
        rights = Rights(workspace=workspace, role=role, teams=tuple(team or ()), agent=agent)
        try:
            made = await people.add(email, rights)
        except BadInput as problem:
            (one, *_) = problem.errors
            raise BadInput.at(_TYPED.get(one.field, one.field), one.message) from None
        secret = await people.link(made, by=OPERATOR)
        return link_url(url or runtime.settings.public_url, secret)

    _print(data, work, named="link" if as_json else None)


@users.command("link")
def link(
    email: Email,
    second_factor_lost: Annotated[
        bool,
        typer.Option("--second-factor-lost", help="Take the second factor away, too."),
    ] = False,
    data: Data = DEFAULT_DATA,
    url: Link = None,
    as_json: Json = False,
) -> None:
    """Print another link for a user; it works for 24 hours, once."""

    async def work(runtime: Runtime) -> str:
        people = people_of(runtime)
        if second_factor_lost:
            await people.reset_second_factor(await people.known(email), by=OPERATOR)
        secret = await people.link(await people.known(email), by=OPERATOR)
        return link_url(url or runtime.settings.public_url, secret)

    _print(data, work, named="link" if as_json else None)


@users.command("list")
def list_users(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Print who there is."""

    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        return [
            {
                "email": one.email,
                "role": one.role,
                "workspace": one.workspace,
                "teams": list(one.rights.teams),
                "agent": one.rights.agent,
                "disabled": one.disabled,
            }
            for one in await people_of(runtime).all()
        ]

    found = with_runtime(data, work)
    if as_json:
        say_json({"users": found})
        return
    for line in lines(_COLUMNS, found) if found else ["nobody"]:
        typer.echo(line)


@users.command("disable")
def disable(email: Email, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """End a user's sessions and links; nobody gets in as them any more."""

    async def work(runtime: Runtime) -> str:
        people = people_of(runtime)
        await people.disable(await people.known(email), by=OPERATOR)
        return f"{email} is disabled"

    _print(data, work, named="done" if as_json else None)


def _print(data: Path, work: Callable[[Runtime], Awaitable[str]], *, named: str | None) -> None:
    """`named`: the field that its JSON has; None: people as they read it."""
    told = with_runtime(data, work)
    if named:
        say_json({named: told})
    else:
        typer.echo(told)
