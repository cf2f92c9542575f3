"""What only the gateway needs to know, from the environment (`AFTERCALL_IVR_…`)."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IvrSettings(BaseSettings):
    """`claim_seconds`: a claim without a record that is older is unknown, as after a crash.

    It must be longer than any request, its record and a slow commit: accounts' `timeout` and more.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_IVR_", frozen=True)

    claim_seconds: float = Field(default=60.0, gt=0)
