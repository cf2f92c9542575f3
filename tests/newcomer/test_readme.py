"""What the README asks to type is there; `python -m tests.newcomer` types all of it."""

import re
from pathlib import Path

import pytest

from aftercall.main import COMMANDS
from tests.newcomer.__main__ import ROOT, SECTIONS
from tests.newcomer.reading import blocks, commands

TYPED = [line for block in blocks(ROOT / "README.md", SECTIONS) for line in commands(block)]


def test_a_block_is_taken_apart_into_whole_commands() -> None:
    block = "make up  # so\ncurl -s x \\\n  -d 'a\nb'\n\nsh y\n"

    assert commands(block) == ["make up  # so", "curl -s x \\\n  -d 'a\nb'", "sh y"]


@pytest.mark.parametrize("typed", TYPED, ids=lambda line: line.splitlines()[0][:60])
def test_a_typed_line_names_what_there_is(typed: str) -> None:
    for command in re.findall(r"aftercall ([a-z-]+)", typed.partition("#")[0]):
        assert command in COMMANDS
    for file in re.findall(r"examples/\S+", typed.partition("#")[0]):
        assert (ROOT / file).exists()


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text):
        assert ((ROOT / page).parent / Path(target)).exists(), target
