"""`aftercall get | history | restore`: one document, as it is, was, and is made again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from aftercall.keys import first_key
from aftercall.main import app
from aftercall.platform import platform
from aftercall.port import listen
from common.process.settings import CommonSettings

WORKSPACE = {"id": "acme", "name": "Acme", "countries": ["US"]}


@pytest.fixture
async def aftercall(database_url: str) -> AsyncIterator[Any]:
    """The command line, before a running platform."""
    settings = CommonSettings.model_validate(
        {
            "database_url": database_url,
            "contact_pepper": "the pepper of the tests",
            "public_url": "http://127.0.0.1:1",
            "log_level": "ERROR",
        }
    )
    async with platform(settings, listen(0)) as running:
        options = ("--url", running.url, "--key", await first_key(running.runtime.db) or "")

        async def run(*words: str) -> Result:
            result = await asyncio.to_thread(CliRunner().invoke, app, [*words, *options])
            assert result.exit_code == 0, result.output
            return result

        yield run


async def test_a_history_tells_old_and_new_values_and_a_version_comes_back(
    aftercall: Any, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    for name, countries in (("Acme", ["US"]), ("Acme Corp", ["US", "CA"])):
        body = WORKSPACE | {"name": name, "countries": countries}
        file.write_text(yaml.safe_dump({"workspaces": [body]}))
        await aftercall("apply", str(file))
    of = ("workspace", "acme", "--workspace", "acme")

    told = (await aftercall("history", *of, "--values")).output.splitlines()
    restored = (await aftercall("restore", *of[:2], "1", *of[2:], "--yes")).output.splitlines()
    again = (await aftercall("get", *of)).output

    assert [line for line in told if "->" in line][:2] == [
        '    countries: ["US"] -> ["US", "CA"]',
        "    name: Acme -> Acme Corp",
    ]
    assert restored == [
        '    countries: ["US", "CA"] -> ["US"]',
        "    name: Acme Corp -> Acme",
        "workspace acme is as it was in version 1",
    ]
    assert "name: Acme\n" in again
    assert not [line for line in told if len(line) > 100]


async def test_without_values_a_history_is_a_line_for_each_version(
    aftercall: Any, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(yaml.safe_dump({"workspaces": [WORKSPACE]}))
    await aftercall("apply", str(file))

    told = await aftercall("history", "workspace", "acme", "--workspace", "acme")

    assert len(told.output.splitlines()) == 2
