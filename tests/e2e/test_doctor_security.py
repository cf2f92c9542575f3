"""`aftercall doctor` beside a platform where everybody has a name of their own."""

import asyncio
import json
import os
from collections.abc import Awaitable
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from aftercall.main import app
from common.certificates import Authority
from deploy import table
from tests.e2e.commands import aftercall
from tests.e2e.ground import Ground
from tests.e2e.stack import PEPPER
from tests.e2e.world import World


def doctor(ground: Ground, **more: str) -> dict[str, list[str]]:
    """What it finds as the operator, by level; no password is in it."""
    ours = {name: None for name in os.environ if name.startswith("AFTERCALL_")}
    told = {"AFTERCALL_CONTACT_PEPPER": PEPPER, "AFTERCALL_PUBLIC_URL": "http://127.0.0.1:1"}
    environment = {**ours, **told, **ground.own(table.OPERATOR), **more}
    ended = CliRunner().invoke(app, ["doctor", "--json"], env=environment)
    found: dict[str, list[str]] = {"ok": [], "warning": [], "problem": []}
    for one in json.loads(ended.output)["findings"]:
        found[one["level"]].append(f"{one['area']}: {one['text']}")
    for file in ground.passwords.glob("*/*-password"):
        assert file.read_text() not in ended.output
    return found


async def test_the_doctor_says_which_security_is_in_use(world: World, ground: Ground) -> None:
    found = await asyncio.to_thread(doctor, ground)

    for line in (
        "encryption: broker: SASL_SSL, SCRAM-SHA-512 as operator, certificate and name are checked",
        "encryption: database: TLS, certificate and name are checked as aftercall_operator",
        f"rights: {len(table.SERVICES) + 1} roles have what they need",
    ):
        assert line in found["ok"]
    assert [line for line in found["ok"] if line.startswith("grants: all ")]
    areas = {line.partition(":")[0] for line in found["problem"]}
    assert not areas & {"encryption", "rights", "grants", "broker", "database", "migrations"}


async def test_the_doctor_says_what_is_wrong_with_it(ground: Ground, tmp_path: Path) -> None:
    other = Authority.make(tmp_path / "other")
    wrong = tmp_path / "password"
    wrong.write_text("not the operator's")
    url = ground.own(table.OPERATOR)["AFTERCALL_DATABASE_URL"]

    def told(**more: str) -> Awaitable[dict[str, list[str]]]:
        return asyncio.to_thread(doctor, ground, **more)

    unknown = await told(
        AFTERCALL_KAFKA_CA_FILE=str(other.ca_file),
        AFTERCALL_DATABASE_URL=url.replace(str(ground.ca_file), str(other.ca_file)),
    )
    elsewhere = await told(
        AFTERCALL_KAFKA_BOOTSTRAP_SERVERS=ground.servers.replace("localhost", "127.0.0.1"),
        AFTERCALL_DATABASE_URL=url.replace("@localhost:", "@127.0.0.1:"),
    )
    refused = await told(
        AFTERCALL_KAFKA_PASSWORD_FILE=str(wrong), AFTERCALL_DATABASE_PASSWORD_FILE=str(wrong)
    )
    plain = await told(AFTERCALL_KAFKA_BOOTSTRAP_SERVERS=ground.kafka)
    half = await told(AFTERCALL_KAFKA_USER="")

    for area in ("broker", "database"):
        assert "its certificate is refused: unable to get" in one_of(unknown, area)
        assert "its certificate is refused: IP address mismatch" in one_of(elsewhere, area)
        assert "it refuses this user or password" in one_of(refused, area)
    assert one_of(plain, "broker").endswith("does this listener speak SASL_SSL?")
    said = "AFTERCALL_KAFKA_USER is not set, and AFTERCALL_KAFKA_SECURITY is SASL_SSL"
    assert half["problem"] == [f"configuration: {said}"]


def one_of(found: dict[str, list[str]], area: str) -> str:
    (line,) = (line for line in found["problem"] if line.startswith(f"{area}: "))
    return line


async def test_the_doctor_names_what_is_not_granted_and_an_upgrade_grants_it_in_the_database(
    world: World, ground: Ground
) -> None:
    taken = "select on console.migrations"
    async with world.db.connection() as connection:
        await connection.execute(f"revoke {taken} from aftercall_console")
        await connection.execute("grant select on orchestrator.contacts to aftercall_analytics")

    lacking = await asyncio.to_thread(doctor, ground, AFTERCALL_KAFKA_NAMESPACE="another.")
    upgraded = await aftercall("db", "upgrade", environment=ground.environment(table.MIGRATIONS))
    again = await asyncio.to_thread(doctor, ground)

    assert f"rights: not granted: aftercall_console: {taken}" in lacking["problem"]
    assert not [line for line in lacking["problem"] if "User:console" in line]  # it needs none
    (sms,) = (line for line in lacking["problem"] if "User:sms-sender lacks" in line)
    assert "Describe on topic another.aftercall.callbacks, " in sms
    assert upgraded.status == 0, upgraded.text
    assert not [line for line in again["problem"] if line.startswith(("rights", "grants"))]
    async with ground.role("analytics") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("select * from orchestrator.contacts")
