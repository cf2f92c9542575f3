"""What pages show is as the code has it: commands parse, routes are there, documents are read."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from typer import TyperException
from typer.core import TyperGroup

from aftercall.main import COMMANDS, load
from common.errors import BadInput
from orchestrator.domain.configuring.reading import read
from tests.newcomer.reading import commands, sections
from tests.newcomer.routes import missing, named, served
from tests.newcomer.test_readme import PAGES, ROOT

_AFTERCALL = re.compile(
    r" *(?:\w+=\S+ +)*(?:\S+/bin/aftercall|aftercall|docker compose .* operator"
    r"|kubectl .* -- aftercall) +([^|]+)"
)
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVED = served()
USAGE = " [OPTIONS]"  # how a reference shows one
# Where a page shows documents: not a part of one, nor another program's.
DOCUMENTS = (
    *("configuration", "passed-on-callers", "privacy", "twilio", "vendors"),
    "words-and-reminders",
)
ACME = {"id": "acme", "name": "Acme"}


def _typed() -> Iterator[tuple[str, str]]:
    """(page, what is typed after `aftercall`) of every block, in a container or not."""
    for page in [*PAGES, "docs/cli.md"]:
        for blocks in sections(ROOT / page).values():
            for line in (line for block in blocks for line in commands(block)):
                for part in re.split("&&|;", line):
                    found = _AFTERCALL.match(part)
                    if found and USAGE not in part:
                        yield page, found[1]


TYPED = sorted(set(_typed()))


def test_there_is_much_to_read() -> None:
    assert len(TYPED) > 40


@pytest.mark.parametrize(("page", "typed"), TYPED)
def test_every_typed_command_is_understood(page: str, typed: str) -> None:
    assert understood(typed) is None


def test_what_is_not_understood_is_noticed() -> None:
    assert understood("scores --by queue") is None
    assert "No such option" in (understood("scores --bye queue") or "")
    assert "Missing argument" in (understood("why --days 3") or "")
    assert "--port" in (understood("up --port http") or "")
    assert "no command" in (understood("keys make") or "")


def understood(typed: str) -> str | None:
    """What the parser says against it; None when it would run it."""
    name, *words = shlex.split(typed, comments=True)
    if name.startswith("-"):
        return None  # of `aftercall` itself
    if name not in COMMANDS:
        return f"no command {name}"
    command = load(name)
    if isinstance(command, TyperGroup):
        if not words or words[0] not in command.commands:
            return f"no command {' '.join([name, *words])}"
        command = command.commands[words.pop(0)]
    try:
        command.make_context(name, words)
    except TyperException as problem:
        return problem.format_message()
    return None


@pytest.mark.parametrize("page", [page for page in PAGES if "/decisions/" not in page])
def test_every_route_of_a_page_is_served(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert [why for method, path in named(text) if (why := missing(method, path, SERVED))] == []


def test_a_route_that_is_not_there_is_noticed() -> None:
    told = list(named("`GET /v1/score` and `POST /v1/scores?by=queue`"))

    assert [missing(method, path, SERVED) for method, path in told] == [
        "nothing serves /v1/score",
        "/v1/scores takes no POST",
    ]


@pytest.mark.parametrize("page", DOCUMENTS)
def test_every_document_of_a_page_is_read(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    wrong = [why for block in filter(None, map(yaml.safe_load, shown)) for why in _wrong(block)]

    assert wrong == []


def _wrong(block: Mapping[str, object]) -> Iterator[str]:
    """A page may show a part of a document: what is missing is not wrong there."""
    try:
        read({"workspaces": [ACME], **block})
    except BadInput as problem:
        yield from (
            f"{one.field}: {one.message}" for one in problem.errors if one.message != "is missing"
        )


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_block_takes_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for block in _FENCED.findall(text):
        for file in re.findall(r"(?<![\w/.])/?((?:examples|deploy)/[\w./-]+\w)", block):
            assert (ROOT / Path(file)).exists(), file
