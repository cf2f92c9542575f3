"""`aftercall audience` and `aftercall contacts link`, before a running platform."""

import json
from pathlib import Path
from typing import Any

import yaml


def number(place: int) -> str:
    return f"+1202{5_550_000 + place}"


async def test_a_file_of_people_is_brought_started_and_shown(acme: Any, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = [f"Ann {place};{number(place)};gold" for place in range(2_500)]
    file.write_text("\n".join(["\ufeffName;Address;plan", *rows, "", rows[0], "Bob;12;", '"a']))

    loaded = await acme("audience", "load", "spring", str(file))
    assert loaded.exit_code == 0, loaded.output
    assert "spring: 2500 added, 1 were in it, 2 could not be read" in loaded.output
    assert "line 2504: not a number in E.164" in loaded.output

    started = await acme("audience", "start", "spring", "--per-hour", "1")
    assert started.output.startswith("spring: running, 1 an hour; 2500 wait, 0 were asked, 0 not")
    paused = await acme("audience", "pause", "spring")
    assert paused.output.startswith("spring: paused")
    assert "spring" in (await acme("audience", "list")).output
    assert (await acme("audience", "drop", "spring", "--yes")).exit_code == 0
    assert "no audiences" in (await acme("audience", "list")).output


async def test_a_file_without_addresses_is_refused(acme: Any, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    for text, why in (("", "first line"), ("name,phone\nAnn,1\n", "first line")):
        file.write_text(text)
        refused = await acme("audience", "load", "spring", str(file))
        assert refused.exit_code != 0
        assert why in refused.output


async def test_addresses_are_said_to_be_one_person_s(acme: Any) -> None:
    linked = await acme("contacts", "link", number(1), number(2))
    assert linked.exit_code == 0, linked.output
    assert len(linked.output.split("\n")) == 3
    assert (await acme("contacts", "unlink", number(1))).output == "unlinked\n"


async def test_what_is_held_about_a_person_is_told_to_people_and_to_programs(acme: Any) -> None:
    await acme("contacts", "link", number(1), number(2))

    people = await acme("contacts", "export", number(1))
    programs = await acme("contacts", "export", number(1), "--json")

    told, whole = yaml.safe_load(people.output), json.loads(programs.output)
    assert people.output.startswith(f"contact_id: {whole['contact_id']}\nworkspace: acme\n")
    assert told["services"].keys() < whole["services"].keys(), "what holds nothing is left out"
    for service, tables in told["services"].items():
        assert all(tables.values())
        assert tables.keys() <= whole["services"][service]["tables"].keys()
