"""What every command has in common."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from aftercall.main import COMMANDS, app, load


def _commands() -> Iterator[tuple[str, Any]]:
    for name in COMMANDS:
        found = load(name)
        if isinstance(found, TyperGroup):
            yield from ((f"{name} {part}", one) for part, one in found.commands.items())
        else:
            yield name, found


def test_json_is_the_same_switch_everywhere() -> None:
    """One that does nothing, or something else, would say so here; `demo` names a file by it."""
    told = {
        (name if "--json" in option.opts and not option.is_flag else "", option.help)
        for name, command in _commands()
        for option in command.params
        if "--json" in option.opts
    }

    assert told == {
        ("", "Print JSON, for programs."),
        ("demo", "Also write the summary to this file."),
    }


def test_every_command_tells_programs_too() -> None:
    without = {
        name
        for name, command in _commands()
        if not any("--json" in option.opts for option in command.params)
    }

    assert without == set()


@pytest.mark.parametrize("name", [name for name, _ in _commands()])
def test_every_command_says_what_it_does(name: str) -> None:
    told = CliRunner().invoke(app, [*name.split(), "-h"])

    assert told.exit_code == 0
    assert f" {name} " in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", ["", *COMMANDS, *(name for name, _ in _commands())])
def test_every_command_says_its_version(name: str) -> None:
    told = CliRunner().invoke(app, [*name.split(), "--version"])

    assert (told.exit_code, told.stdout.split()[0]) == (0, "aftercall")
