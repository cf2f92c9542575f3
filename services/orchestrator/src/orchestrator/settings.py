"""What this service needs to know beside `common.process.settings`."""

from typing import Annotated

from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class OrchestratorSettings(BaseSettings):
    """From the environment, `AFTERCALL_ORCHESTRATOR_…`."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_ORCHESTRATOR_", frozen=True)

    batch: int = 4000  # interactions decided together, at most
    # Vendors that sources may name, separated by commas; empty: whatever ingest understands.
    vendors: Annotated[frozenset[str], NoDecode] = frozenset()

    @field_validator("vendors", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(name.strip() for name in value.split(",") if name.strip())
        return value
