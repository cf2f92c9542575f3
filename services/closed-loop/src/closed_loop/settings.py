"""What only the closed loop needs to know, from the environment (`AFTERCALL_CLOSED_LOOP_…`)."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server. `timeout` in seconds."""

    host: str
    port: int
    user: str
    password: SecretStr = field(repr=False)
    tls: Tls
    sender: str
    timeout: float = 20.0


class ClosedLoopSettings(BaseSettings):
    """`hosts`: HOST or HOST:PORT that webhooks may go to although they are within, also by http.

    `service_url`: where analytics answers, `{service}` in it is its name; None: in this process.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_CLOSED_LOOP_", frozen=True)

    hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    timeout: float = Field(default=10.0, gt=0, le=60)  # seconds for an answer
    keep_days: int = Field(default=30, ge=1, le=366)  # messages and the log of their delivery

    service_url: str | None = Field(None, pattern=r"^https?://")
    smtp_host: str = ""  # none: no mails
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: Tls = "starttls"
    sender: str = "Aftercall <aftercall@localhost>"  # of mails
    most_mails: int = Field(default=1_000, ge=0)  # of a workspace in a day

    @property
    def smtp(self) -> Smtp | None:
        if not self.smtp_host:
            return None
        return Smtp(
            host=self.smtp_host,
            port=self.smtp_port,
            user=self.smtp_user,
            password=self.smtp_password,
            tls=self.smtp_tls,
            sender=self.sender,
        )

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value
