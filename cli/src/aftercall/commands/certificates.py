"""`aftercall certificates`: an authority and servers' certificates, for one machine."""

from pathlib import Path
from typing import Annotated

import typer

from aftercall.commands.options import Json
from aftercall.errors import stop
from aftercall.tables import say_json
from common.certificates import Authority


def certificates(
    folder: Annotated[Path, typer.Argument(help="Where they are kept: FOLDER/ca/ca.pem, ...")],
    server: Annotated[
        list[str],
        typer.Option(help="NAME=HOST,HOST: makes FOLDER/NAME/server.pem, key and certificate."),
    ],
    as_json: Json = False,
) -> None:
    """Make an authority of your own, and certificates of Kafka and PostgreSQL by it.

    For one machine, as docker-compose.secured.yml uses it. What is there stays; certificates are
    made anew two months before their end.
    """
    named = [one.partition("=") for one in server]
    if any(not (name and hosts) for name, _, hosts in named):
        stop(f"--server {' --server '.join(server)}: each is NAME=HOST,HOST")
    try:
        authority = Authority.make(folder)
        # Their containers run as somebody else, and mount nothing but this folder of theirs.
        made = [authority.issue(name, *hosts.split(","), mode=0o644) for name, _, hosts in named]
    except (OSError, ValueError) as error:
        stop(f"no certificate is made: {error}")
    if as_json:
        say_json({"servers": made, "authority": authority.ca_file})
        return
    for file in (*made, authority.ca_file):
        typer.echo(file)
