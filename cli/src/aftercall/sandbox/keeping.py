"""What a sandbox keeps in its data folder, which is no folder of what really happens."""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aftercall.errors import Trouble

SANDBOX = Path(".aftercall-sandbox")  # the data folder where none is named
PARTS = ("carrier", "whatsapp", "phone")


class OtherKind(Trouble):
    """Tried calls and real ones are not kept in one folder."""


@dataclass(slots=True)
class Kept:
    """`ports` of the last run are taken again where they are free; `key` is the sandbox's own.

    `url`: where its platform answered last.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    pbx: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    key: str = ""
    url: str = ""
    ports: dict[str, int] = field(default_factory=dict)


def is_sandbox(data: Path) -> bool:
    return _folder(data).is_dir()


def claim(data: Path, *, sandbox: bool) -> None:
    """The folder is that of a sandbox from now on, or is of none. Raises `OtherKind`."""
    if sandbox and not is_sandbox(data):
        if (data / "postgres" / "PG_VERSION").exists():
            raise OtherKind(
                f"{data} holds what really happened; a sandbox has a folder of its own:"
                " leave --data out, or name another"
            )
        _folder(data).mkdir(mode=0o700, parents=True)
    elif not sandbox and is_sandbox(data):
        raise OtherKind(
            f"{data} was made by `aftercall up --sandbox`: add --sandbox, or name another"
            " folder by --data"
        )


def kept(data: Path) -> Kept:
    """What there is; made where there is nothing yet."""
    path = _folder(data) / "kept.json"
    if not path.exists():
        keep(data, Kept())
    return Kept(**json.loads(path.read_text("utf-8")))


def tell_secrets(what: Kept) -> None:
    """In this process, where its configuration looks for them."""
    os.environ["AFTERCALL_SECRET_SANDBOX_TOKEN"] = what.token
    os.environ["AFTERCALL_SECRET_SANDBOX_PBX"] = what.pbx


def keep(data: Path, what: Kept) -> None:
    """Readable by its owner alone, and never half."""
    beside = _folder(data) / "kept.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(what), file)
    beside.replace(_folder(data) / "kept.json")


def phones(data: Path) -> Path:
    return _folder(data) / "phones"


def port_of(what: Kept, part: str) -> int:
    """That of the last run; 0, which is any, where it is taken or there was none."""
    port = what.ports.get(part, 0)
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return 0
    return port


def _folder(data: Path) -> Path:
    return data / "sandbox"
