"""`aftercall get | delete KIND ID`: one document of the configuration."""

from typing import Annotated
from urllib.parse import quote

import typer
import yaml

from aftercall.api import URL
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.errors import Trouble
from aftercall.tables import say_json
from common.config.models import KINDS
from common.wording import meant

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="Its id; of a number, the number.")]


def get(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print one document of the configuration, as it was written, as YAML.

    The key needs the scope config:write.

    Example: aftercall get flow csat-after-calls
    """
    path = _path(kind, identity)
    api, params = chosen(url, key, workspace)
    found = api.request("GET", path, params=params)
    if as_json:
        say_json(found)
    else:
        text = yaml.safe_dump({f"{kind}s": [found]}, sort_keys=False, allow_unicode=True)
        typer.echo(text, nl=False)


def delete(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove one document, unless another needs it. Asks of a flow that are not out do not go.

    The key needs the scope config:write.

    Example: aftercall delete flow csat-after-calls
    """
    path = _path(kind, identity)
    api, params = chosen(url, key, workspace)
    api.request("GET", path, params=params)  # what is not there needs no yes
    agree(f"This removes the {kind} {identity}. Go on?", yes=yes)
    told = api.request("DELETE", path, params=params)
    if as_json:
        say_json(told)
    else:
        typer.echo(f"{kind} {identity} is removed")


def _path(kind: str, identity: str) -> str:
    if kind not in KINDS:
        singular = kind.removesuffix("s")
        near = f"; did you mean {singular}?" if singular in KINDS else meant(kind, KINDS)
        raise Trouble(f"{kind}: there is no such kind{near}; there are {', '.join(KINDS)}")
    return f"/v1/config/documents/{kind}/{quote(identity, safe='')}"
