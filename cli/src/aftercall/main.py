"""`aftercall`: run the platform on one machine, apply configuration, look after it."""

import platform
import sys
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from aftercall.errors import WRONGLY_CALLED, Trouble, ending
from common.wording import meant


class Place(NamedTuple):
    """Where a command is, and what it does: all of them together take seconds to import."""

    name: str
    summary: str


COMMANDS: Mapping[str, Place] = {
    "up": Place("commands.run:up", "Run every service on this machine until Ctrl-C."),
    "demo": Place("commands.run:demo", "Watch the platform work, with callers who answer."),
    "diff": Place("commands.config:diff", "Show what `apply` would change. Changes nothing."),
    "apply": Place("commands.config:apply", "Make the configuration be what a file says."),
    "export": Place("commands.config:export", "Print a workspace's configuration as YAML."),
    "get": Place("commands.documents:get", "Print one document of the configuration."),
    "delete": Place("commands.documents:delete", "Remove one document of the configuration."),
    "history": Place("commands.documents:history", "Who changed a document, and when."),
    "restore": Place("commands.documents:restore", "Make a document what it was."),
    "drafts": Place("commands.drafts:drafts", "Documents that are still being written."),
    "scores": Place("commands.scores:scores", "NPS, CSAT and CES, with n and interval."),
    "responses": Place("commands.rows:responses", "What people answered."),
    "calls": Place("commands.rows:calls", "Calls, and what became of each."),
    "why": Place("commands.why:why", "Why a caller was asked, or was not."),
    "verify-event": Place("commands.verify_event:verify_event", "Say how an event would be read."),
    "send-test-event": Place("commands.send_test_event:send_test_event", "Post a call, follow it."),
    "doctor": Place("doctor.command:doctor", "Check everything a running platform needs."),
    "rebuild-rollups": Place("commands.rollups:rebuild_rollups", "Recount every figure."),
    "contacts": Place("commands.contacts:contacts", "What is known of people."),
    "dry-run": Place("commands.dry_run:dry_run", "Who would be asked by a draft, and why not."),
    "preview": Place("commands.preview:preview", "What a person gets on each channel."),
    "dead": Place("commands.dead:dead", "Records that could not be used."),
    "keys": Place("commands.keys:keys", "API keys."),
    "users": Place("commands.users:users", "People of the console."),
    "audience": Place("commands.audience:audience", "People from a file, asked by a flow."),
    "dnc": Place("commands.dnc:dnc", "Do-not-contact lists."),
    "legal-notice": Place("commands.legal_notice:legal_notice", "What comes before a flow is on."),
    "secrets": Place("commands.secrets:secrets", "Secrets of a workspace."),
    "topics": Place("commands.topics:topics", "Topics of the broker."),
    "db": Place("commands.db:db", "The database."),
    "grants": Place("commands.grants:grants", "What each service may do."),
    "certificates": Place("commands.certificates:certificates", "Certificates for one machine."),
}


class Commands(TyperGroup):
    """Lists commands without importing them, and ends in words whatever happens."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        with ending():
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(status if isinstance(status, int) else 0)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        place = COMMANDS.get(cmd_name)
        return place and TyperCommand(cmd_name, help=place.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise Trouble(
                f"there is no command {args[0]}{meant(args[0], COMMANDS)}", WRONGLY_CALLED
            )
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and load(str(found.name)), rest


def load(name: str) -> Any:
    """The command itself."""
    module, _, attribute = COMMANDS[name].name.partition(":")
    command = _command(getattr(import_module(f"aftercall.{module}"), attribute))
    command.name = name
    for one in (command, *getattr(command, "commands", {}).values()):
        one.params.append(_version())
    return command


@cache
def _version() -> Any:
    """As `aftercall` itself has it; help need not say it for each command."""
    option: Any = copy(typer.main.get_command(app).params[0])
    option.hidden = True
    return option


def _command(found: Any) -> Any:
    """`found` is a function, or a group of them."""
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(found)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Commands,
    help="Asks callers how the call went, and makes the answer count.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aftercall {version('aftercall')} (Python {platform.python_version()})")
        raise typer.Exit()


@app.callback()
def _aftercall(
    told: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=_tell_version,
            is_eager=True,
            expose_value=False,
        ),
    ] = False,
) -> None:
    pass


if __name__ == "__main__":
    app()
