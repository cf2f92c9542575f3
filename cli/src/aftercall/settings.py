"""What commands read from the environment, and the embedded database where it names none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from aftercall import embedded
from aftercall.postgres import postgres
from common.process.database_settings import DatabaseSettings
from common.process.settings import CommonSettings


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
    with owned as folder, postgres(folder) as url:
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
    if os.environ.get("AFTERCALL_DATABASE_URL"):
        yield DatabaseSettings().database_url.get_secret_value()
        return
    data.mkdir(parents=True, exist_ok=True)
    with postgres(data) as url:
        yield url
