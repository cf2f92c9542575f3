"""What every process needs to know, from the environment (`AFTERCALL_…`)."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from common.process.broker_settings import BrokerSettings
from common.process.database_settings import DatabaseSettings
from common.sealing import MasterKeys

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class CommonSettings(BrokerSettings, DatabaseSettings):
    """Fails at the start on a missing value, with the name of the variable."""

    contact_pepper: SecretStr = Field(min_length=16)  # changes every contact id: set it once
    public_url: str = "http://127.0.0.1:8080"  # what providers call and sign
    log_level: str = "INFO"
    # In each process: requests of a key and of a workspace, and what a workspace tells by HTTP.
    requests_per_second: float = Field(default=500.0, gt=0)
    events_per_second: float = Field(default=200.0, gt=0)
    largest_body: int = Field(
        default=2**24, ge=1024
    )  # bytes of a request, where it may be so large
    database_pool_size: int = Field(default=10, ge=2)
    master_keys: SecretStr = SecretStr("")  # of workspaces' secrets and data keys: `common.sealing`
    # What is written from now on: on once every replica is of a version that reads what is sealed.
    encrypt_addresses: bool = False
    reference_prefix: str = "AFTERCALL_SECRET_"  # of variables that `env:NAME` may name
    reference_folder: Path | None = None  # of files that `file:PATH` may name
    # Hosts, also HOST:PORT, beside the providers' own that a `base_url` may name; also by http.
    provider_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    sandbox: bool = False  # nothing leaves this machine: `aftercall up --sandbox`

    @property
    def outside(self) -> frozenset[str] | None:
        """Hosts beside the providers' own; None: no request leaves this machine."""
        return None if self.sandbox else self.provider_hosts

    @field_validator("provider_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
        return value.upper()

    @field_validator("master_keys")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        MasterKeys.parse(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _sealed_by(self) -> Self:
        if self.encrypt_addresses and not self.master_keys.get_secret_value().strip(" ,"):
            why = "AFTERCALL_MASTER_KEYS is not set, and AFTERCALL_ENCRYPT_ADDRESSES needs it"
            raise PydanticCustomError("sealing", "{why}", {"why": why})
        return self

    @field_validator("encrypt_addresses", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return value or False  # as compose and Kubernetes write what is not set

    @field_validator("reference_folder", mode="before")
    @classmethod
    def _folder(cls, value: object) -> object:
        return value or None  # likewise

    @field_validator("reference_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        """No reference may lead to a setting of the process itself."""
        own = [f"AFTERCALL_{name}".upper() for name in cls.model_fields]
        if not value or any(name.startswith(value) for name in own):
            raise ValueError("must not be empty, nor the beginning of a setting's name")
        return value
