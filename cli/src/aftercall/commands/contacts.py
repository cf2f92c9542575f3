"""`aftercall contacts export | erase | link | unlink`, by way of the REST API."""

import time
from typing import Annotated, Any

import typer
import yaml

from aftercall.api import URL, Api, ApiProblem
from aftercall.commands.filters import whose
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.errors import stop
from aftercall.tables import say_json

contacts = typer.Typer(
    help="What a person may ask for, and whose addresses are.", no_args_is_help=True
)
Address = Annotated[str, typer.Argument(help="A number in E.164, or an e-mail.")]
NOTHING = 404  # is held there
PAUSE = 0.5  # seconds between two looks


@contacts.command("export")
def export(
    address: Address,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print everything that every service holds about a person, by service and table, as YAML.

    Tables without a row of theirs are left out. The key needs the scope privacy.
    """
    api, params = whose(url, key, workspace)
    found = api.request("POST", "/v1/contacts/export", params=params, json={"address": address})
    services = {"orchestrator": _part(found)}
    for service, path in found["elsewhere"].items():
        services[service] = _elsewhere(api, path, params)
    told = {"contact_id": found["contact_id"], "workspace": found["workspace"]}
    if as_json:
        say_json(told | {"services": services})
        return
    held = {name: shown for name, part in services.items() if (shown := _held(part))}
    text = yaml.safe_dump(told | {"services": held}, sort_keys=False, allow_unicode=True)
    typer.echo(text, nl=False)
    if not held:
        typer.echo("nothing is held about this address there", err=True)


@contacts.command("erase")
def erase(
    address: Address,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds until every service has done it.")
    ] = 60,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Have every service delete what it holds about a person, and say who has.

    Opt-outs and figures stay. The key needs the scope privacy.
    """
    api, params = whose(url, key, workspace)
    agree("Everything about this person will be gone, for good. Go on?", yes=yes)
    until = time.monotonic() + wait
    found = api.request("POST", "/v1/contacts/erase", params=params, json={"address": address})
    while not found["done_at"] and time.monotonic() < until:
        time.sleep(PAUSE)
        found = api.request("GET", f"/v1/erasures/{found['id']}", params=params)
    if as_json:
        say_json(found)
    for service in () if as_json else found["services"]:
        typer.echo(f"{service['name']}: {service['done_at'] or 'not yet'}")
    if not found["done_at"]:
        stop(f"not done everywhere; GET /v1/erasures/{found['id']} says when")


@contacts.command("link")
def link(
    addresses: Annotated[list[str], typer.Argument(help="Numbers in E.164, or e-mails.")],
    *,
    customer: Annotated[
        str | None, typer.Option(help="What sources call this customer; then one address will do.")
    ] = None,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Say that addresses are one person's: asks and opt-outs of one count for all.

    The workspace has to say link_customers; the key needs the scope consent:write.
    """
    api, params = whose(url, key, workspace)
    body: dict[str, Any] = {"addresses": addresses}
    if customer is not None:
        body["customer_id"] = customer
    found = api.request("POST", "/v1/contacts/link", params=params, json=body)
    if as_json:
        say_json(found)
        return
    for one in found["contacts"]:
        typer.echo(f"{one['id']}  {one['address'] or ''}".rstrip())


@contacts.command("unlink")
def unlink(
    address: Address,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Say that an address is nobody else's, whatever sources tell."""
    api, params = whose(url, key, workspace)
    told = api.request("POST", "/v1/contacts/unlink", params=params, json={"address": address})
    if as_json:
        say_json(told)
    else:
        typer.echo("unlinked")


def _elsewhere(api: Api, path: str, params: Any) -> Any:
    try:
        return _part(api.request("GET", path, params=params))
    except ApiProblem as problem:
        if problem.status != NOTHING:
            raise
        return {"tables": {}, "cut": []}


def _held(part: Any) -> dict[str, Any]:
    """As people read it: what there is nothing of is not named."""
    cut = {"cut": part["cut"]} if part["cut"] else {}
    return {table: rows for table, rows in part["tables"].items() if rows} | cut


def _part(found: Any) -> Any:
    return {"tables": found["tables"], "cut": found["cut"]}
