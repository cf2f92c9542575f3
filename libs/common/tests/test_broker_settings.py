"""Half a configuration of the broker or the database ends a process with one line that helps."""

import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.bus.security import Mechanism, Protocol
from common.certificates import Authority
from common.process.broker_settings import BrokerSettings, settings_problem
from common.process.database_settings import DatabaseSettings
from common.process.settings import CommonSettings

URL = "postgresql://alice@db.example/calls"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ca"))


def broker(**given: Any) -> BrokerSettings:
    return BrokerSettings(kafka_bootstrap_servers="kafka:9092", **given)


def problem(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        broker(**given)
    return settings_problem(refused.value)


def test_a_broker_is_plain_unless_something_else_is_said() -> None:
    empty = {name: "" for name in ("user", "password", "password_file", "ca_file", "security")}

    assert broker().security.arguments() == {"security_protocol": "PLAINTEXT"}
    assert broker(**{f"kafka_{name}": value for name, value in empty.items()}) == broker()


def test_tls_checks_the_brokers_certificate_and_its_name(authority: Authority) -> None:
    told = broker(kafka_security="ssl", kafka_ca_file=authority.ca_file).security.arguments()

    context: ssl.SSLContext = told["ssl_context"]
    assert told["security_protocol"] == "SSL"
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1  # and no other authority


def test_a_user_is_known_by_scram_and_a_password_that_may_change_in_its_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text("first\n")
    security = broker(
        kafka_security="SASL_SSL", kafka_user="ingest", kafka_password_file=file
    ).security

    assert (security.protocol, security.mechanism) == (Protocol.SASL_SSL, Mechanism.SCRAM_SHA_512)
    assert security.arguments()["sasl_plain_password"] == "first"
    file.write_text("second")
    assert security.arguments()["sasl_plain_password"] == "second"
    assert str(security) == "SASL_SSL, SCRAM-SHA-512 as ingest"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"security": "SASL_SSL", "password": "x"},
            "AFTERCALL_KAFKA_USER is not set, and AFTERCALL_KAFKA_SECURITY is SASL_SSL",
        ),
        (
            {"security": "SASL_SSL", "user": "a"},
            "set one of AFTERCALL_KAFKA_PASSWORD and AFTERCALL_KAFKA_PASSWORD_FILE",
        ),
        (
            {"security": "SASL_SSL", "user": "a", "password": "x", "password_file": "/p"},
            "set one of AFTERCALL_KAFKA_PASSWORD and AFTERCALL_KAFKA_PASSWORD_FILE",
        ),
        (
            {"user": "a"},
            "AFTERCALL_KAFKA_USER needs AFTERCALL_KAFKA_SECURITY to be SASL_SSL, not PLAINTEXT",
        ),
        (
            {"security": "SSL", "password": "x"},
            "AFTERCALL_KAFKA_PASSWORD needs AFTERCALL_KAFKA_SECURITY to be SASL_SSL, not SSL",
        ),
        (
            {"ca_file": "/ca"},
            "AFTERCALL_KAFKA_CA_FILE needs AFTERCALL_KAFKA_SECURITY to be SASL_SSL or SSL",
        ),
        (
            {"security": "SSL", "certificate_file": "/c"},
            "AFTERCALL_KAFKA_CERTIFICATE_FILE and AFTERCALL_KAFKA_KEY_FILE go together",
        ),
        (
            {"security": "SSL", "ca_file": "/nowhere/ca.pem"},
            "AFTERCALL_KAFKA_CA_FILE: /nowhere/ca.pem: No such file or directory",
        ),
        (
            {"security": "SASL_SSL", "user": "a", "password_file": "/nowhere/word"},
            "AFTERCALL_KAFKA_PASSWORD_FILE: /nowhere/word: No such file or directory",
        ),
        (
            {"security": "TLS"},
            "AFTERCALL_KAFKA_SECURITY: must be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'",
        ),
    ],
)
def test_half_a_configuration_says_what_is_missing(given: dict[str, str], said: str) -> None:
    assert problem(**{f"kafka_{name}": value for name, value in given.items()}) == said


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing of the kind")

    said = problem(kafka_security="SSL", kafka_ca_file=file)

    assert said.startswith("AFTERCALL_KAFKA_CA_FILE")
    assert "not PEM" in said


def test_no_password_is_in_what_is_shown_of_settings() -> None:
    settings = CommonSettings(
        database_url="postgresql://alice:never-shown@db/calls",
        contact_pepper="never-shown-either",
        kafka_bootstrap_servers="kafka:9092",
        kafka_security="SASL_SSL",
        kafka_user="ingest",
        kafka_password="nor-this",
    )

    shown = f"{settings!r} {settings} {settings.security!r} {settings.security}"

    assert "never-shown" not in shown
    assert "nor-this" not in shown
    assert "nor-this" not in problem(kafka_security="SSL", kafka_password="nor-this")


def test_the_databases_password_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p/s@:s?w#rd\n")

    settings = DatabaseSettings(database_url=URL, database_password_file=file)

    assert settings.database_url.get_secret_value() == (
        "postgresql://alice:p%2Fs%40%3As%3Fw%23rd@db.example/calls"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a:never-shown@db/x", "is no PostgreSQL URL: it begins with postgresql://"),
        (f"{URL}?sslmode=sometimes", "has an unknown sslmode"),
        (f"{URL}?sslmode=verify-full", "has sslmode=verify-full and no sslrootcert"),
        (
            f"{URL}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
            "has sslrootcert=/nowhere/ca.pem: No such file or directory",
        ),
        ("postgresql://a:never-shown@[db/x", "is no PostgreSQL URL"),
    ],
)
def test_an_address_that_no_connection_could_be_made_with_is_refused(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # with no certificate in it

    with pytest.raises(ValidationError) as refused:
        DatabaseSettings(database_url=url)

    text = settings_problem(refused.value)
    assert text.startswith(f"AFTERCALL_DATABASE_URL: {said}")
    assert "never-shown" not in text


def test_a_password_in_both_places_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("one")

    with pytest.raises(ValidationError) as refused:
        DatabaseSettings(database_url="postgresql://a:two@db/x", database_password_file=file)

    assert settings_problem(refused.value) == (
        f"AFTERCALL_DATABASE_PASSWORD_FILE: {file}: AFTERCALL_DATABASE_URL must name a user,"
        " without a password"
    )


def test_a_service_that_is_half_configured_ends_with_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "common.process", "no_such_service.app:app"],
        env={
            "AFTERCALL_DATABASE_URL": "postgresql://alice:never-shown@db/calls",
            "AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else",
            "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
            "AFTERCALL_KAFKA_SECURITY": "SASL_SSL",
            "AFTERCALL_KAFKA_USER": "ingest",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert (ended.stdout, ended.stderr) == (
        "",
        "set one of AFTERCALL_KAFKA_PASSWORD and AFTERCALL_KAFKA_PASSWORD_FILE\n",
    )
