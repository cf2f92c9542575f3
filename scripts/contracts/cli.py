"""docs/cli.md: every command with its options, as the parser knows them; and how it may end."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from aftercall.errors import STATUSES
from aftercall.main import COMMANDS, load

HEAD = """# The command line
Written from the parser by `make contracts`. `aftercall -h` lists the commands, `aftercall COMMAND -h` tells one; `--version` prints the version. `make setup` installs it as `.venv/bin/aftercall`.

What is printed for people fits 80 columns; `--json` is for programs, `--csv` for spreadsheets. What went wrong is one line on standard error that says what, where and what to do; never a trace.

**Completion.** `aftercall --install-completion bash` (or `zsh`, `fish`) once, then a new shell; `aftercall --show-completion bash` only prints what it would install.

**Two ways to the platform.** Commands with `--url` and `--key` ask the REST API, from anywhere; the key's scopes decide. Commands with `--data` work next to the database: on the embedded one in that folder, or on that of `AFTERCALL_DATABASE_URL`, whether or not the platform is up.
"""  # noqa: E501 - lines of Markdown


def files() -> dict[str, str]:
    """Name in docs/ -> text."""
    return {"cli.md": "\n".join([HEAD, *_statuses(), *_commands()]) + "\n"}


def _statuses() -> Iterator[str]:
    yield "## How it ends"
    yield "| status | meaning |"
    yield "|---|---|"
    for status, meaning in STATUSES.items():
        yield f"| {status} | {meaning} |"
    yield ""


def _commands() -> Iterator[str]:
    for name in COMMANDS:
        command = load(name)
        inner: Mapping[str, Any] = getattr(command, "commands", {})
        yield from _told(f"aftercall {name}", command, level=2)
        for below, one in inner.items():
            yield from _told(f"aftercall {name} {below}", one, level=3)


def _told(name: str, command: Any, *, level: int) -> Iterator[str]:
    context = typer.Context(command)
    yield f"{'#' * level} {name}"
    yield from _prose(command.help or "")
    parameters = [one for one in command.params if not one.hidden and one.name != "help"]
    if parameters:
        usage = [_name(one) for one in parameters if one.param_type_name == "argument"]
        yield f"```\n{' '.join([name, '[OPTIONS]', *usage])}\n```"
        yield "| | type | default | |"
        yield "|---|---|---|---|"
        for one in parameters:
            cells = [f"`{_name(one)}`", _type(one, context), _default(one), _help(one)]
            yield f"| {' | '.join(cells)} |"
    yield ""


def _prose(text: str) -> Iterator[str]:
    """Paragraphs as lines; examples as code."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    code = [one for one in paragraphs if one.startswith("aftercall ")]
    for one in paragraphs:
        if one not in code:
            yield f"{one}\n"
    if code:
        yield "\n".join(["```", *code, "```"])


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return ", ".join([*parameter.opts, *parameter.secondary_opts])


def _type(parameter: Any, context: Any) -> str:
    told = parameter.display_type(context).strip("<>").replace("|", ", ")
    given = parameter.type_descriptor.parameter_info
    bounds = [f"{value:g}" for value in (given.min, given.max) if value is not None]
    limits = " to ".join(bounds) if len(bounds) == 2 else f"from {bounds[0]}" if bounds else ""
    return " ".join(filter(None, ["yes or no" if told == "bool" else told, limits]))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    variable = f"`{parameter.envvar}`" if parameter.envvar else ""
    value = parameter.default
    if value in (None, False, "", ()):
        return variable
    return " or ".join(filter(None, [variable, f"`{getattr(value, 'value', value)}`"]))


def _help(parameter: Any) -> str:
    return " ".join((parameter.help or "").split()).replace("|", "\\|")
