"""How a Kafka client and its broker know each other, in Kafka's own words."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Protocol(StrEnum):
    """`security.protocol` of every Kafka client."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"  # TLS; who we are is told by a certificate, or by nothing
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypts(self) -> bool:
        return self in (Protocol.SSL, Protocol.SASL_SSL)

    @property
    def names_a_user(self) -> bool:
        return self in (Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL)


class Mechanism(StrEnum):
    """`sasl.mechanism`. With SCRAM the password itself is never sent."""

    SCRAM_SHA_512 = "SCRAM-SHA-512"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    PLAIN = "PLAIN"


def _none() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Plain by default. `ca_file` None: the machine's own certificate authorities."""

    protocol: Protocol = Protocol.PLAINTEXT
    mechanism: Mechanism = Mechanism.SCRAM_SHA_512
    user: str = ""
    password: Callable[[], str] = field(default=_none, repr=False, compare=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def arguments(self) -> dict[str, Any]:
        """For one client of aiokafka. Files are read anew, so what was replaced is used.

        Raises `OSError` (also `ssl.SSLError`) for a file that cannot be used.
        """
        found: dict[str, Any] = {"security_protocol": self.protocol.value}
        if self.protocol.encrypts:
            found["ssl_context"] = self._context()
        if self.protocol.names_a_user:
            found |= {
                "sasl_mechanism": self.mechanism.value,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password(),
            }
        return found

    def __str__(self) -> str:
        """For people: `SASL_SSL, SCRAM-SHA-512 as ingest`."""
        if self.protocol.names_a_user:
            return f"{self.protocol}, {self.mechanism} as {self.user}"
        certificate = " with a certificate of our own" if self.certificate_file else ""
        return f"{self.protocol}{certificate}"

    def _context(self) -> ssl.SSLContext:
        """It checks the broker's certificate and its name; there is no way to switch that off."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


PLAIN = Security()
