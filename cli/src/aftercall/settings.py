"""What commands read from the environment, and the embedded database where it names none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from aftercall import embedded
from common.process.settings import CommonSettings


class BrokerSettings(BaseSettings):
    """Named as in `common.process.settings`."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    kafka_bootstrap_servers: str | None = None
    kafka_namespace: str = ""


class DatabaseSettings(BaseSettings):
    """Named as in `common.process.settings`; None: the embedded one."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    database_url: SecretStr | None = None


@contextmanager
def settings_for(
    data: Path, port: int, *, log_level: str, beside: bool = False
) -> Iterator[CommonSettings]:
    """From the environment when that names a database, else embedded in the data folder.

    `beside`: a command next to a platform that may be running on the same folder. Raises
    `embedded.NoDataFolder` when none ever was.
    """
    if os.environ.get("AFTERCALL_DATABASE_URL"):
        yield CommonSettings()
        return
    owned = nullcontext(embedded.known_folder(data)) if beside else embedded.data_folder(data)
    with owned as folder, embedded.postgres(folder) as url:
        values = {
            "database_url": url,
            "contact_pepper": embedded.pepper(folder),
            **_master_keys(folder),
            "public_url": os.environ.get("AFTERCALL_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            "log_level": log_level,
        }
        yield CommonSettings.model_validate(values)


def _master_keys(folder: Path) -> dict[str, str]:
    """Those of the environment, where it has any."""
    if os.environ.get("AFTERCALL_MASTER_KEYS"):
        return {}
    return {"master_keys": embedded.master_keys(folder)}


@contextmanager
def database_for(data: Path) -> Iterator[str]:
    """The URL alone, for commands that need no other setting; embedded beside a platform."""
    named = DatabaseSettings().database_url
    if named is not None:
        yield named.get_secret_value()
        return
    data.mkdir(parents=True, exist_ok=True)
    with embedded.postgres(data) as url:
        yield url


def settings_problem(problem: ValidationError) -> str:
    return "\n".join(
        f"AFTERCALL_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
        for error in problem.errors(include_url=False, include_input=False)
    )
