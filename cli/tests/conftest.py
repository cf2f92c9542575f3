"""Commands are called in this process, which is everybody's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from aftercall.keys import first_key
from aftercall.main import app
from aftercall.platform import platform
from aftercall.port import listen
from common.config.store import Document, save
from common.process.settings import CommonSettings

ACME = {"id": "acme", "name": "Acme", "link_customers": True}


@pytest.fixture(autouse=True)
def _logs_end_with_the_command(logs_as_before: None) -> None: ...


class Command(Protocol):
    """`aftercall` with these words."""

    def __call__(self, *words: str, given: str | None = None) -> Awaitable[Result]: ...


@pytest.fixture
async def acme(database_url: str) -> AsyncIterator[Command]:
    """Commands, before a running platform with a workspace."""
    settings = CommonSettings.model_validate(
        {
            "database_url": database_url,
            "contact_pepper": "the pepper of the tests",
            "public_url": "http://127.0.0.1:1",
            "log_level": "ERROR",
        }
    )
    async with platform(settings, listen(0)) as running:
        key = await first_key(running.runtime.db) or ""
        async with running.runtime.db.transaction() as connection:
            acme = Document(workspace="acme", kind="workspace", id="acme", body=ACME)
            await save(connection, [acme], by="test")

        async def run(*words: str, given: str | None = None) -> Result:
            options = ("--url", running.url, "--key", key)
            whose = () if words[0] == "apply" else ("--workspace", "acme")
            return await asyncio.to_thread(
                CliRunner().invoke, app, [*words, *options, *whose], input=given
            )

        yield run
