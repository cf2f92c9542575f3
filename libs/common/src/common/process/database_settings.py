"""How PostgreSQL is reached: a libpq URL, its password in a file of its own where that suits."""

from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.database import address
from common.process.broker_settings import PREFIX


class DatabaseSettings(BaseSettings):
    """`database_url` has the password once the settings are read, wherever it came from."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    database_password_file: Path | None = None  # instead of one in the URL; read at the start

    @field_validator("database_url")
    @classmethod
    def _usable(cls, value: SecretStr) -> SecretStr:
        address.check(value.get_secret_value())
        return value

    @field_validator("database_password_file", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _with_password(self) -> Self:
        if self.database_password_file is not None:
            try:
                password = self.database_password_file.read_text("utf-8").strip()
                url = _with(self.database_url.get_secret_value(), password)
            except (OSError, ValueError) as error:
                said = error.strerror if isinstance(error, OSError) else str(error)
                why = f"{PREFIX}DATABASE_PASSWORD_FILE: {self.database_password_file}: {said}"
                raise PydanticCustomError("database", "{why}", {"why": why}) from None
            object.__setattr__(self, "database_url", SecretStr(url))
        return self


def _with(url: str, password: str) -> str:
    """Raises `ValueError`."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not password:
        raise ValueError("it is empty")
    if not at or ":" in user:
        raise ValueError(f"{PREFIX}DATABASE_URL must name a user, without a password")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
