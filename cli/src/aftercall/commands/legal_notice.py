"""`aftercall legal-notice show | acknowledge`: what comes before the first flow is switched on."""

from typing import Any

import typer

from aftercall.api import URL
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.tables import say_json

legal_notice = typer.Typer(
    help="The legal notice: its text, who acknowledged it, and acknowledging it.",
    no_args_is_help=True,
)
PATH = "/v1/legal-notice"


@legal_notice.command("show")
def show(
    key: Key = None, workspace: Workspace = None, url: Url = URL, as_json: Json = False
) -> None:
    """Print its text, and who acknowledged it in the workspace, when."""
    api, params = chosen(url, key, workspace)
    told = api.request("GET", PATH, params=params)
    if as_json:
        say_json(told)
        return
    typer.echo(told["text"])
    typer.echo(f"\n{_standing(told)}")


@legal_notice.command("acknowledge")
def acknowledge(
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Print it, ask, and acknowledge it in the name of the key, which needs config:write."""
    api, params = chosen(url, key, workspace)
    notice = api.request("GET", PATH, params=params)
    if not notice["acknowledged"]:
        typer.echo(f"{notice['text']}\n", err=as_json)
        agree("Do you acknowledge it?", yes=yes)
        body = {"version": notice["version"]}
        notice = api.request("POST", f"{PATH}/acknowledgements", params=params, json=body)
    if as_json:
        say_json(notice)
        return
    typer.echo(_standing(notice))


def _standing(notice: Any) -> str:
    version = notice["version"]
    for one in notice["acknowledgements"]:
        if one["version"] == version:
            when = str(one["acknowledged_at"])[:16].replace("T", " ")
            return f"version {version}, acknowledged by {one['acknowledged_by']}, {when}"
    return f"version {version}, not acknowledged yet: `aftercall legal-notice acknowledge`"
