"""What only the console reads from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """`service_url`: where a service answers, `{service}` in it is its name.

    None: in this process, as `aftercall up` runs them.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_CONSOLE_", frozen=True)

    service_url: str | None = Field(None, pattern=r"^https?://")
    session_hours: int = Field(12, ge=1, le=168)
    idle_minutes: int = Field(120, ge=5, le=1_440)
