"""What every process needs to know, from the environment (`AFTERCALL_…`)."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """Fails at the start on a missing value, with the name of the variable."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    database_url: SecretStr
    contact_pepper: SecretStr = Field(min_length=16)  # changes every contact id: set it once
    kafka_bootstrap_servers: str | None = None  # None: the log in PostgreSQL, for one process
    kafka_namespace: str = ""  # put before topics and groups, where a cluster is shared
    public_url: str = "http://127.0.0.1:8080"  # what providers call and sign
    log_level: str = "INFO"
    # Of a key and of a workspace, in each process; an event of a batch is one, too.
    requests_per_second: float = Field(default=500.0, gt=0)
    database_pool_size: int = Field(default=10, ge=2)
