"""`aftercall dnc`: a file becomes a list as a whole, or changes nothing."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def dnc(acme: Any) -> Any:
    """The command, before a running platform."""
    return partial(acme, "dnc")


def number(place: int) -> str:
    return f"+1202{5_550_000 + place}"


async def test_a_file_of_many_lines_is_a_list_and_comes_out_as_it_went_in(
    dnc: Any, tmp_path: Path
) -> None:
    people = [number(place) for place in range(12_000)]
    file = tmp_path / "dnd.csv"
    lines = [f'"{one}",some name' for one in people]
    file.write_text("\n".join(["\ufeffphone,name", *lines, "", lines[0], "tel: unknown"]))

    loaded = await dnc("load", "dnd", str(file))
    assert loaded.exit_code == 0, loaded.output
    assert "dnd: 12000 people, of 12002 lines; 1 could not be read" in loaded.output
    assert "line 12004: not a number in E.164" in loaded.output

    assert "dnd    12000  " in (await dnc("list")).output
    exported = await dnc("export", "dnd")
    assert sorted(exported.output.split()) == sorted(people)


async def test_a_file_of_another_kind_leaves_the_list_as_it_was(dnc: Any, tmp_path: Path) -> None:
    await dnc("load", "dnd", "-", given=f"{number(1)}\n")

    for text in ("name,phone\nAnn,+12025551001\nBen,+12025551002\n", "", "\x00\xff\n"):
        file = tmp_path / "wrong.csv"
        file.write_text(text, encoding="latin-1")
        refused = await dnc("load", "dnd", str(file))
        assert refused.exit_code == 1
        assert "the list dnd is as it was" in refused.output

    assert (await dnc("export", "dnd")).output.split() == [number(1)]
    taken = await dnc("load", "dnd", "-", "--region", "US", "--anyway", given="202 555 1003\nAnn\n")
    assert taken.exit_code == 0, taken.output
    assert (await dnc("export", "dnd")).output.split() == ["+12025551003"]


async def test_what_there_is_not_is_said(dnc: Any) -> None:
    nothing = await dnc("export", "nobody")
    assert (nothing.exit_code, "404 No such list" in nothing.output) == (1, True)
    missing = await dnc("load", "dnd", "/nowhere/dnd.csv")
    assert (missing.exit_code, "cannot be read" in missing.output) == (1, True)
