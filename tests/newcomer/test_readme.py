"""What pages ask to type is there; `python -m tests.newcomer` types the first day of it."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from aftercall.main import COMMANDS, load
from tests.newcomer.chapters import CHAPTERS, FIRST_DAY, FOR_REAL, ROOT
from tests.newcomer.reading import blocks, commands

TYPED = [
    line
    for chapter in (FIRST_DAY, *CHAPTERS, *FOR_REAL)
    for block in blocks(chapter.path, chapter.headings)
    for line in commands(block)
]
NOT_TO_READ = ("docs/cli.md", "CHANGELOG.md")  # written from the parser; of versions before
LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
PAGES = [page for page in LISTED if page not in NOT_TO_READ]
# Not the namespace of that name, nor what is named so in it.
_CALLED = re.compile(r"(?<![\w.-])(?<!-n )(?<!generic )aftercall ((?:[a-z]|--)[^`|;&#)\n]*)")
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"^(?:\w+=\S+ )?make ([a-z-]+)", re.MULTILINE)


def test_a_block_is_taken_apart_into_whole_commands() -> None:
    block = "make up  # so\ncurl -s x \\\n  -d 'a\nb'\n\nsh y\n"

    assert commands(block) == ["make up  # so", "curl -s x \\\n  -d 'a\nb'", "sh y"]


@pytest.mark.parametrize("typed", TYPED, ids=lambda line: line.splitlines()[0][:60])
def test_a_typed_line_names_what_there_is(typed: str) -> None:
    for file in re.findall(r"examples/\S+", typed.partition("#")[0]):
        assert (ROOT / file).exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_exists_with_its_options(page: str) -> None:
    wrong = [
        f"{called}: {why}"
        for code in _code(page)
        for called in _CALLED.findall(code)
        if (why := _missing(called))
    ]

    assert wrong == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert _missing("up --sandbox --port 1") is None
    assert _missing("keys create me --scope admin") is None
    assert _missing("upp") == "no such command"
    assert _missing("keys make") == "no such command"
    assert _missing("up --sandboxed") == "no option --sandboxed"


@pytest.mark.parametrize("page", PAGES)
def test_every_make_of_a_page_exists(page: str) -> None:
    there = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {name for code in _code(page) for name in _MAKE.findall(code)} <= there


@pytest.mark.parametrize("page", LISTED)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text):
        assert ((ROOT / page).parent / Path(target)).exists(), target


def _code(page: str) -> Iterator[str]:
    for block, inline in _CODE.findall((ROOT / page).read_text("utf-8")):
        yield block or inline


def _missing(called: str) -> str | None:
    """What of it there is not; None when there is all of it."""
    try:
        name, *words = shlex.split(called)
    except ValueError:
        name, *words = called.split()
    if name.startswith("-"):
        return None  # of `aftercall` itself
    if name not in COMMANDS:
        return "no such command"
    command = load(name)
    if isinstance(command, TyperGroup) and words and re.fullmatch("[a-z][a-z-]*", words[0]):
        if words[0] not in command.commands:
            return "no such command"
        command = command.commands[words[0]]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--") and option not in known | {"--help"}:
            return f"no option {option}"
    return None
