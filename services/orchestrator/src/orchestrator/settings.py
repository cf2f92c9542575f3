"""What this service needs to know beside `common.process.settings`."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestrator.domain.configuring.legal_notice import TEXT


class OrchestratorSettings(BaseSettings):
    """From the environment, `AFTERCALL_ORCHESTRATOR_…`."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_ORCHESTRATOR_", frozen=True)

    batch: int = 4000  # interactions decided together, at most
    # Vendors that sources may name, separated by commas; empty: whatever ingest understands.
    vendors: Annotated[frozenset[str], NoDecode] = frozenset()

    # Ceilings that no workspace passes, whatever its documents say.
    most_daily_asks: int = Field(default=10**9, ge=0)
    most_stranger_replies: int = Field(default=10**9, ge=0)  # an hour
    most_prefix_asks: int = Field(default=10**9, ge=0)  # an hour, of numbers that begin alike
    most_per_second: float = Field(default=1_000.0, gt=0)  # of a sender number
    most_documents: int = Field(default=10_000, ge=1)
    most_configuration: int = Field(default=8 * 1024 * 1024, ge=1)  # bytes of all of them
    most_tests: int = Field(default=1_000, ge=1)  # flows and conditions that a call comes by
    most_numbers: int = Field(default=10_000, ge=1)  # of telephones, in its documents
    # Where people may be asked at all, separated by commas; empty: everywhere.
    countries: Annotated[frozenset[str], NoDecode] = frozenset()

    # Where recordings of a survey's texts may lie, as HOST, beside what an operator's key names.
    recording_hosts: Annotated[frozenset[str], NoDecode] = frozenset()

    # What is acknowledged before a flow is switched on; required: of keys, too.
    legal_notice: str = Field(default=TEXT, min_length=1, max_length=16_384)
    legal_notice_required: bool = False

    @field_validator("vendors", "countries", "recording_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(name.strip() for name in value.split(",") if name.strip())
        return value
