"""An authority of one's own: what is there stays, what ends soon is made anew."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from aftercall.main import app
from common import certificates
from common.certificates import Authority

SERVERS = ("--server", "kafka=kafka,localhost,127.0.0.1", "--server", "postgres=postgres")


def make(folder: Path, *servers: str) -> Result:
    return CliRunner().invoke(app, ["certificates", str(folder), *(servers or SERVERS)])


def test_each_server_has_its_names_by_one_authority_and_keys_are_not_for_everybody(
    tmp_path: Path,
) -> None:
    told = make(tmp_path)

    assert told.exit_code == 0, told.output
    authority = x509.load_pem_x509_certificate((tmp_path / "ca/ca.pem").read_bytes())
    kafka = x509.load_pem_x509_certificate((tmp_path / "kafka/server.pem").read_bytes())
    kafka.verify_directly_issued_by(authority)
    names = kafka.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kafka", "localhost"]
    assert (tmp_path / "authority/key.pem").stat().st_mode & 0o077 == 0
    assert b"PRIVATE" not in (tmp_path / "ca/ca.pem").read_bytes()
    ssl.create_default_context(cafile=tmp_path / "ca/ca.pem")


def test_made_again_nothing_changes_until_an_end_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("ca/ca.pem", "authority/key.pem", "kafka/server.pem", "postgres/server.pem")
    make(tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in files}

    make(tmp_path)
    again = {name: (tmp_path / name).read_bytes() for name in files}
    now = certificates.utc_now
    monkeypatch.setattr(certificates, "utc_now", lambda: now() + timedelta(days=340))
    make(tmp_path)
    later = {name: (tmp_path / name).read_bytes() for name in files}

    assert again == first
    assert {name for name in files if later[name] != first[name]} == {
        "kafka/server.pem",
        "postgres/server.pem",
    }


def test_an_authority_that_is_cut_short_is_said_in_words(tmp_path: Path) -> None:
    Authority.make(tmp_path)
    (tmp_path / "authority/key.pem").write_text("nothing")

    told = make(tmp_path)

    assert told.exit_code == 1
    assert told.output.startswith("no certificate is made: ")


def test_a_server_without_a_host_is_refused(tmp_path: Path) -> None:
    told = make(tmp_path, "--server", "kafka")

    assert told.exit_code == 1
    assert told.output.strip() == "--server kafka: each is NAME=HOST,HOST"
    assert not (tmp_path / "ca").exists()
