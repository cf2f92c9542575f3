"""The first user, links of people, and commands where there is no platform."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercall.main import app
from aftercall.users import FIRST, first_link
from common.database import Database
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR, Managing

PEPPER = "the pepper of the tests"


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus", "console")


def run(*words: str, **environment: str | None) -> Result:
    unset = dict.fromkeys(("AFTERCALL_DATABASE_URL", "AFTERCALL_URL", "AFTERCALL_PUBLIC_URL"), None)
    return CliRunner().invoke(app, words, env={**unset, **environment})


async def test_the_first_user_gets_links_until_somebody_has_a_password(database: Database) -> None:
    people = Managing(db=database)
    assert await first_link(people) is not None
    assert await first_link(people) is not None
    await people.add("ann@acme.example", Rights(workspace="acme", role=Role.ADMIN))
    assert await first_link(people) is None


async def test_a_first_user_who_is_disabled_gets_no_link_and_stops_nothing(
    database: Database,
) -> None:
    people = Managing(db=database)
    await first_link(people)
    await people.disable(await people.known(FIRST), by=OPERATOR)
    assert await first_link(people) is None


@pytest.mark.parametrize(
    "words",
    [
        ("users", "add", "ann@acme.example", "--role", "admin"),
        ("users", "list"),
        ("dead", "list"),
        ("rebuild-rollups",),
        ("keys", "create", "mine", "--scope", "read"),
    ],
    ids=" ".join,
)
def test_a_command_says_where_no_platform_is_and_what_to_do(
    words: Sequence[str], tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    ended = run(*words, "--data", str(nowhere))
    assert ended.exit_code == 1
    assert str(nowhere) in ended.output.replace("\n", "")
    assert "aftercall up" in ended.output
    assert not isinstance(ended.exception, FileNotFoundError)
    assert not nowhere.exists()


def test_a_link_leads_to_where_the_console_is(database_url: str, database: Database) -> None:
    known = {"AFTERCALL_DATABASE_URL": database_url, "AFTERCALL_CONTACT_PEPPER": PEPPER}
    people = ("users", "add", "ann@acme.example", "--role", "admin")
    assert run(*people, **known).output.startswith("http://127.0.0.1:8080/console/sign-in/")
    link = ("users", "link", "ann@acme.example")
    there = run(*link, **known, AFTERCALL_URL="http://127.0.0.1:9000")
    assert there.output.startswith("http://127.0.0.1:9000/console/sign-in/")
