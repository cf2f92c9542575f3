"""`aftercall contacts export | erase`: what a person may ask for, by way of the REST API."""

import json
import time
from typing import Annotated, Any

import typer

from aftercall.api import Api, ApiProblem, default_url
from aftercall.commands.options import Url
from aftercall.errors import stop

contacts = typer.Typer(help="What a person may ask for.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="A number in E.164, or an e-mail.")]
Key = Annotated[
    str, typer.Option(envvar="AFTERCALL_KEY", help="An API key with the scope privacy.")
]
Workspace = Annotated[str | None, typer.Option(help="Needed with an operator's key, else not.")]
NOTHING = 404  # is held there
PAUSE = 0.5  # seconds between two looks


@contacts.command("export")
def export(
    address: Address, key: Key, url: Url = default_url(), workspace: Workspace = None
) -> None:
    """Print everything that every service holds about a person, as JSON."""
    api, params = Api(url, key), _params(workspace)
    try:
        found = api.request("POST", "/v1/contacts/export", params=params, json={"address": address})
        services = {"orchestrator": _part(found)}
        for service, path in found["elsewhere"].items():
            services[service] = _elsewhere(api, path, params)
    except ApiProblem as problem:
        stop(str(problem))
    told = {"contact_id": found["contact_id"], "workspace": found["workspace"]}
    typer.echo(json.dumps(told | {"services": services}, indent=2, ensure_ascii=False))


@contacts.command("erase")
def erase(
    address: Address,
    key: Key,
    url: Url = default_url(),
    workspace: Workspace = None,
    wait: Annotated[float, typer.Option(help="Seconds until every service has done it.")] = 60,
) -> None:
    """Have every service delete what it holds about a person, and say who has."""
    api, params = Api(url, key), _params(workspace)
    until = time.monotonic() + wait
    try:
        found = api.request("POST", "/v1/contacts/erase", params=params, json={"address": address})
        while not found["done_at"] and time.monotonic() < until:
            time.sleep(PAUSE)
            found = api.request("GET", f"/v1/erasures/{found['id']}", params=params)
    except ApiProblem as problem:
        stop(str(problem))
    for service in found["services"]:
        typer.echo(f"{service['name']}: {service['done_at'] or 'not yet'}")
    if not found["done_at"]:
        stop(f"not done everywhere; GET /v1/erasures/{found['id']} says when")


def _params(workspace: str | None) -> dict[str, str]:
    return {"workspace": workspace} if workspace else {}


def _elsewhere(api: Api, path: str, params: dict[str, str]) -> Any:
    try:
        return _part(api.request("GET", path, params=params))
    except ApiProblem as problem:
        if problem.status != NOTHING:
            raise
        return {"tables": {}, "cut": []}


def _part(found: Any) -> Any:
    return {"tables": found["tables"], "cut": found["cut"]}
