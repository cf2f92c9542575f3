"""What single commands read from the environment: less than a service needs."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BrokerSettings(BaseSettings):
    """Named as in `common.process.settings`."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    kafka_bootstrap_servers: str | None = None
    kafka_namespace: str = ""


class DatabaseSettings(BaseSettings):
    """Named as in `common.process.settings`; None: the embedded one."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    database_url: SecretStr | None = None
