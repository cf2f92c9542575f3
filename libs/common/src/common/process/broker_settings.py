"""How Kafka is reached: half a configuration is refused, with the name of what is missing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.bus.security import Mechanism, Protocol, Security
from common.wording import said

PREFIX = "AFTERCALL_"
_LARGEST = 64 * 1024  # bytes of a password's file


class BrokerSettings(BaseSettings):
    """`AFTERCALL_KAFKA_…`; what is empty is not set, as compose and Kubernetes write it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    kafka_bootstrap_servers: str | None = None  # None: the log in PostgreSQL, for one process
    kafka_namespace: str = ""  # put before topics and groups, where a cluster is shared
    kafka_security: Protocol = Protocol.PLAINTEXT
    kafka_sasl_mechanism: Mechanism = Mechanism.SCRAM_SHA_512
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_password_file: Path | None = None  # instead; read anew for every connection
    kafka_ca_file: Path | None = None  # PEM; None: the machine's own certificate authorities
    kafka_certificate_file: Path | None = None  # PEM, where the broker asks for ours
    kafka_key_file: Path | None = None

    @field_validator(
        "kafka_bootstrap_servers",
        *("kafka_password_file", "kafka_ca_file", "kafka_certificate_file", "kafka_key_file"),
        mode="before",
    )
    @classmethod
    def _nothing(cls, value: object) -> object:
        return value or None

    @field_validator("kafka_security", "kafka_sasl_mechanism", mode="before")
    @classmethod
    def _in_capitals(cls, value: object, info: Any) -> object:
        if isinstance(value, str):
            return value.strip().upper() or cls.model_fields[info.field_name].default
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if why := "; ".join(self._missing()):
            raise PydanticCustomError("kafka", "{why}", {"why": why})
        try:
            self.security.arguments()
        except OSError as error:
            raise PydanticCustomError("kafka", "{why}", {"why": self._unusable(error)}) from None
        return self

    def _missing(self) -> Iterator[str]:
        protocol = self.kafka_security
        if protocol.names_a_user:
            if not self.kafka_user:
                yield f"{_name('user')} is not set, and {_name('security')} is {protocol}"
            if bool(self.kafka_password.get_secret_value()) is bool(self.kafka_password_file):
                yield f"set one of {_name('password')} and {_name('password_file')}"
        else:
            for name in ("user", "password", "password_file"):
                if _given(getattr(self, f"kafka_{name}")):
                    yield f"{_name(name)} needs {_name('security')} to be SASL_SSL, not {protocol}"
        if not protocol.encrypts:
            for name in ("ca_file", "certificate_file", "key_file"):
                if _given(getattr(self, f"kafka_{name}")):
                    yield f"{_name(name)} needs {_name('security')} to be SASL_SSL or SSL"
        if bool(self.kafka_certificate_file) is not bool(self.kafka_key_file):
            yield f"{_name('certificate_file')} and {_name('key_file')} go together"

    def _unusable(self, error: OSError) -> str:
        """Which file, and what is wrong with it; a key's text is in no message of OpenSSL's."""
        for name in ("password_file", "ca_file", "certificate_file", "key_file"):
            file: Path | None = getattr(self, f"kafka_{name}")
            if file is None:
                continue
            try:
                file.read_bytes()
            except OSError as unreadable:
                return f"{_name(name)}: {file}: {unreadable.strerror or 'cannot be read'}"
        said = getattr(error, "reason", None) or error.strerror or str(error)
        pem = "not PEM, or not a certificate with its key"
        return f"{_name('ca_file')} or {_name('certificate_file')}: {pem} ({said})"

    @property
    def security(self) -> Security:
        """As the clients of the bus take it."""
        return Security(
            protocol=self.kafka_security,
            mechanism=self.kafka_sasl_mechanism,
            user=self.kafka_user,
            password=_password(self.kafka_password, self.kafka_password_file),
            ca_file=self.kafka_ca_file,
            certificate_file=self.kafka_certificate_file,
            key_file=self.kafka_key_file,
        )


def _name(setting: str) -> str:
    return f"{PREFIX}KAFKA_{setting.upper()}"


def _given(value: object) -> bool:
    return bool(value.get_secret_value()) if isinstance(value, SecretStr) else bool(value)


def _password(value: SecretStr, file: Path | None) -> Callable[[], str]:
    def read() -> str:
        if file is None:
            return value.get_secret_value()
        try:
            text = file.read_bytes()[:_LARGEST].decode().strip()
        except UnicodeDecodeError:
            raise OSError(f"{file} is not text") from None
        if not text:
            raise OSError(f"{file} is empty")
        return text

    return read


def settings_problem(problem: ValidationError) -> str:
    """A line per setting that is missing or wrong; never a value."""
    return "\n".join(_line(error) for error in problem.errors(include_url=False))


def _line(error: Any) -> str:
    place = "_".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "missing":
        return f"{PREFIX}{place}: is not set"
    return f"{PREFIX}{place}: {said(error)}" if place else said(error)
