"""`aftercall users`: who may look at the console, made next to the database."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from aftercall.commands.options import DEFAULT_DATA, Data
from aftercall.errors import stop
from aftercall.runtime import with_runtime
from aftercall.users import link_url
from common.errors import BadInput, Problem
from common.process.runtime import Runtime
from console.app import users_of
from console.domain.people import Role

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


@users.command("add")
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="An admin changes things, an analyst reads.")],
    workspace: Annotated[
        str | None, typer.Option(help="Leave out for an operator: every workspace.")
    ] = None,
    data: Data = DEFAULT_DATA,
    url: Link = None,
) -> None:
    """Make a user, and print the link that lets them in once to choose a password."""

    async def work(runtime: Runtime) -> str:
        if workspace is not None and await runtime.config.workspace(workspace, max_age=0) is None:
            raise BadInput.at("--workspace", f"there is no workspace {workspace}")
        people = users_of(runtime)
        await people.add(email, workspace=workspace, role=role)
        return link_url(url or runtime.settings.public_url, await people.link(email))

    _print(data, work)


@users.command("link")
def link(email: Email, data: Data = DEFAULT_DATA, url: Link = None) -> None:
    """Print another link for a user; it works for 24 hours, once."""

    async def work(runtime: Runtime) -> str:
        return link_url(url or runtime.settings.public_url, await users_of(runtime).link(email))

    _print(data, work)


@users.command("list")
def list_users(data: Data = DEFAULT_DATA) -> None:
    """Print who there is."""

    async def work(runtime: Runtime) -> str:
        return "\n".join(
            f"{one.email}  {one.role}  {one.workspace or 'every workspace'}"
            f"{'  disabled' if one.disabled else ''}"
            for one in await users_of(runtime).all()
        )

    _print(data, work)


@users.command("disable")
def disable(email: Email, data: Data = DEFAULT_DATA) -> None:
    """End a user's sessions and links; nobody gets in as them any more."""

    async def work(runtime: Runtime) -> str:
        await users_of(runtime).disable(email)
        return f"{email} is disabled"

    _print(data, work)


def _print(data: Path, work: Callable[[Runtime], Awaitable[str]]) -> None:
    try:
        typer.echo(with_runtime(data, work))
    except (BadInput, Problem) as problem:
        stop(str(problem))
