"""What only the console reads from the environment."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from console.domain.people import Role


def _roles(told: object) -> object:
    """`cc-admins=admin, cc-leads=supervisor`; raises `ValueError` for what is none."""
    if not isinstance(told, str):
        return told
    pairs = [one.rpartition("=") for one in told.split(",") if one.strip()]
    return {name.strip(): Role(role.strip()) for name, _, role in pairs}


class ConsoleSettings(BaseSettings):
    """`service_url`: where a service answers, `{service}` in it is its name.

    None: in this process, as `aftercall up` runs them.

    `oidc_issuer`: people may sign in at the company's own provider (docs/sign-in.md).
    """

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_CONSOLE_", frozen=True)

    service_url: str | None = Field(None, pattern=r"^https?://")
    session_hours: int = Field(12, ge=1, le=168)
    idle_minutes: int = Field(120, ge=5, le=1_440)

    oidc_issuer: str = Field(
        "", pattern=r"^(https://\S+|http://(localhost|127\.0\.0\.1)(:\d+)?\S*)?$"
    )
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = Field("your company", max_length=60)
    oidc_domains: str = ""  # with commas
    oidc_workspace: str = ""
    oidc_role_claim: str = ""
    oidc_roles: Annotated[Mapping[str, Role], NoDecode, BeforeValidator(_roles)] = Field(
        default_factory=dict
    )
    oidc_teams_claim: str = "teams"
    oidc_agent_claim: str = "agent"
    oidc_believes_emails: bool = False
