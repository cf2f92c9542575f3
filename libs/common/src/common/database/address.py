"""A libpq URL of PostgreSQL: whether it can be used, and what protects the way there.

asyncpg reads `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and `passfile` as libpq does, but would
say only at the first connection, and again and again, that one of them is wrong.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL says, but for its password. `hosts` is empty for a socket of this machine."""

    user: str
    hosts: str
    mode: str
    ca_file: str = ""

    @property
    def verified(self) -> bool:
        """The server's certificate and its name are checked."""
        return self.mode == FULL

    @property
    def checked(self) -> bool:
        """The certificate is checked, if not the name."""
        return self.mode.startswith("verify") or (self.mode == "require" and bool(self.ca_file))


def read(url: str) -> Address:
    """Raises `ValueError` that names no part of the URL but a wrong one."""
    try:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        user = parts.username or query.get("user", "")
        hosts = parts.netloc.rpartition("@")[2] or query.get("host", "")
    except ValueError:
        raise ValueError("is no PostgreSQL URL") from None  # the reason may quote the password
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("is no PostgreSQL URL: it begins with postgresql://")
    mode = query.get("sslmode", "prefer")
    if mode not in MODES:
        raise ValueError(f"has an unknown sslmode; there are {', '.join(MODES)}")
    local = not hosts or all(host.startswith("/") for host in hosts.split(","))
    return Address(user, "" if local else hosts, mode, query.get("sslrootcert", ""))


def check(url: str) -> None:
    """Raises `ValueError` for what no connection could be made with."""
    address = read(url)
    if address.mode.startswith("verify") and not (address.ca_file or _of_home().exists()):
        raise ValueError(f"has sslmode={address.mode} and no sslrootcert, the authority's file")
    query = parse_qs(urlsplit(url).query)
    files = {
        name: query[name][-1] for name in ("sslrootcert", "sslcert", "sslkey") if name in query
    }
    for name, file in files.items():
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise ValueError(f"has {name}={file}: {error.strerror}") from None
    if address.ca_file and address.mode not in ("disable", "allow", "prefer"):
        try:
            ssl.create_default_context(cafile=address.ca_file)
        except ssl.SSLError:
            raise ValueError(f"has sslrootcert={address.ca_file}: no certificate in PEM") from None


def _of_home() -> Path:
    try:
        return Path.home() / ".postgresql" / "root.crt"
    except RuntimeError:
        return Path("/nonexistent")
