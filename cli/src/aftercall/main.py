"""`aftercall`: run the platform on one machine, apply configuration, look after it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# Where each command is. Only the one that is asked for is imported: all of them take seconds.
COMMANDS: Mapping[str, str] = {
    "up": "commands.run:up",
    "demo": "commands.run:demo",
    "diff": "commands.config:diff",
    "apply": "commands.config:apply",
    "export": "commands.config:export",
    "verify-event": "commands.verify_event:verify_event",
    "send-test-event": "commands.send_test_event:send_test_event",
    "doctor": "doctor.command:doctor",
    "rebuild-rollups": "commands.rollups:rebuild_rollups",
    "contacts": "commands.contacts:contacts",
    "dry-run": "commands.dry_run:dry_run",
    "dead": "commands.dead:dead",
    "keys": "commands.keys:keys",
    "users": "commands.users:users",
    "secrets": "commands.secrets:secrets",
    "topics": "commands.topics:topics",
    "db": "commands.db:db",
    "grants": "commands.grants:grants",
    "certificates": "commands.certificates:certificates",
}


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = _command(getattr(import_module(f"aftercall.{module}"), name))
        command.name = cmd_name
        return command


def _command(found: Any) -> Any:
    """`found` is a function, or a group of them."""
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(found)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_Commands,
    help="Asks callers how the call went, and makes the answer count.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _aftercall() -> None:
    pass


if __name__ == "__main__":
    app()
