"""`aftercall get | history | restore`: one document, as it is, was, and is made again."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import Result

WORKSPACE = {"id": "acme", "name": "Acme", "link_customers": True, "countries": ["US"]}


@pytest.fixture
def aftercall(acme: Any) -> Any:
    """The command line, where nothing is refused."""

    async def run(*words: str) -> Result:
        result: Result = await acme(*words)
        assert result.exit_code == 0, result.output
        return result

    return run


async def test_a_history_tells_old_and_new_values_and_a_version_comes_back(
    aftercall: Any, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    for name, countries in (("Acme", ["US"]), ("Acme Corp", ["US", "CA"])):
        body = WORKSPACE | {"name": name, "countries": countries}
        file.write_text(yaml.safe_dump({"workspaces": [body]}))
        await aftercall("apply", str(file))
    of = ("workspace", "acme")

    told = (await aftercall("history", *of, "--values")).output.splitlines()
    restored = (await aftercall("restore", *of, "2", "--yes")).output.splitlines()
    again = (await aftercall("get", *of)).output

    assert [line for line in told if "->" in line][:2] == [
        '    countries: ["US"] -> ["US", "CA"]',
        "    name: Acme -> Acme Corp",
    ]
    assert restored == [
        '    countries: ["US", "CA"] -> ["US"]',
        "    name: Acme Corp -> Acme",
        "workspace acme is as it was in version 2",
    ]
    assert "name: Acme\n" in again
    assert not [line for line in told if len(line) > 100]


async def test_without_values_a_history_is_a_line_for_each_version(
    aftercall: Any, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(yaml.safe_dump({"workspaces": [WORKSPACE]}))
    await aftercall("apply", str(file))

    told = await aftercall("history", "workspace", "acme")

    assert len(told.output.splitlines()) == 3  # a head, and two versions
