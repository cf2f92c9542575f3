"""A certificate authority of one's own, for one machine and for tests; everything is PEM.

Who has one already, or a cloud's, needs nothing of this.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from common.time import utc_now

_LIFE = timedelta(days=3650)  # of the authority
_OF_SERVERS = timedelta(days=397)
_SOON = timedelta(days=60)  # before its end a server's certificate is made anew
KEY, CA = "authority/key.pem", "ca/ca.pem"
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """In a folder of its own; `ca_file` is what clients are given, the key is nobody's else."""

    folder: Path
    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        """The one that is in the folder, or a new one. Raises `OSError`, `ValueError`."""
        if (folder / CA).exists():
            key = load_pem_private_key((folder / KEY).read_bytes(), None)
            if not isinstance(key, EllipticCurvePrivateKey):
                raise ValueError(f"{folder / KEY} is no key of ours")
            return cls(folder, key, x509.load_pem_x509_certificate((folder / CA).read_bytes()))
        key = generate(SECP256R1())
        name = _name(f"Aftercall {x509.random_serial_number():x}"[:40])
        certificate = (
            _builder(name, name, key, _LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, SHA256())
        )
        _write(folder / KEY, _private(key), mode=0o600)
        _write(folder / CA, certificate.public_bytes(Encoding.PEM), mode=0o644)
        return cls(folder, key, certificate)

    @property
    def ca_file(self) -> Path:
        return self.folder / CA

    def issue(self, name: str, *hosts: str, mode: int = 0o600) -> Path:
        """A server's file, `NAME/server.pem`: its key, its certificate, for names and addresses.

        One that is good for longer than two months is left as it is.
        """
        file = self.folder / name / "server.pem"
        if file.exists():
            there = x509.load_pem_x509_certificate(file.read_bytes())
            if there.not_valid_after_utc - utc_now() > _SOON:
                return file
        key = generate(SECP256R1())
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(_name(hosts[0]), self.certificate.subject, key, _OF_SERVERS)
            .add_extension(names, False)
            .add_extension(by, False)
            .sign(self.key, SHA256())
        )
        _write(file, _private(key) + certificate.public_bytes(Encoding.PEM), mode=mode)
        return file


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Never half, and never readable by others for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    made.chmod(mode)
    made.rename(path)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
