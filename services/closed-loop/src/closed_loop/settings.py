"""What only the closed loop needs to know, from the environment (`AFTERCALL_CLOSED_LOOP_…`)."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ClosedLoopSettings(BaseSettings):
    """`hosts`: HOST or HOST:PORT that webhooks may go to although they are within, also by http."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_CLOSED_LOOP_", frozen=True)

    hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    timeout: float = Field(default=10.0, gt=0, le=60)  # seconds for an answer
    keep_days: int = Field(default=30, ge=1, le=366)  # messages and the log of their delivery

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value
