"""What commands read from the environment, and the embedded database where it names none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from aftercall import embedded
from aftercall.postgres import postgres
from aftercall.sandbox import keeping
from common.process.database_settings import DatabaseSettings
from common.process.settings import CommonSettings


@contextmanager
def settings_for(
    data: Path, port: int, *, log_level: str, beside: bool = False, sandbox: bool = False
) -> Iterator[CommonSettings]:
    """From the environment when that names a database, else embedded in the data folder.

    `beside`: a command next to a platform that may be running on the same folder. Raises
    `embedded.NoDataFolder` when none ever was. `sandbox`: nothing leaves this machine; beside one,
    too. Raises `keeping.OtherKind` for a folder that is not of that kind.
    """
    if os.environ.get("AFTERCALL_DATABASE_URL"):
        yield CommonSettings()
        return
    if not beside:
        keeping.claim(data, sandbox=sandbox)
    owned = nullcontext(embedded.known_folder(data)) if beside else embedded.data_folder(data)
    with owned as folder, postgres(folder) as url:
        values = {
            "database_url": url,
            **_sealing(folder),
            "contact_pepper": embedded.pepper(folder),
            "public_url": os.environ.get("AFTERCALL_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            "log_level": log_level,
            **(_sandbox(folder, beside=beside) if keeping.is_sandbox(folder) else {}),
        }
        yield CommonSettings.model_validate(values)


def _sandbox(folder: Path, *, beside: bool) -> dict[str, Any]:
    """Also for a command beside it, which needs not know where it answers, nor its secrets."""
    kept = keeping.kept(folder)
    keeping.tell_secrets(kept)
    return {"sandbox": True, **({"public_url": kept.url} if beside and kept.url else {})}


def _sealing(folder: Path) -> dict[str, str]:
    """As the environment has it, else as the folder."""
    own = {
        "AFTERCALL_MASTER_KEYS": ("master_keys", embedded.master_keys),
        "AFTERCALL_ENCRYPT_ADDRESSES": ("encrypt_addresses", embedded.encrypts_addresses),
    }
    return {name: of(folder) for known, (name, of) in own.items() if not os.environ.get(known)}


@contextmanager
def database_for(data: Path) -> Iterator[str]:
    """The URL alone, for commands that need no other setting; embedded beside a platform."""
    if os.environ.get("AFTERCALL_DATABASE_URL"):
        yield DatabaseSettings().database_url.get_secret_value()
        return
    data.mkdir(parents=True, exist_ok=True)
    with postgres(data) as url:
        yield url
