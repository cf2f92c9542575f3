"""Which addresses a workspace may name: what it names is connected to from within our network."""

from collections.abc import Collection
from urllib.parse import urlsplit

from common.config.destinations import NOT_HERE, is_here
from common.http import is_public

LONGEST = 500  # characters


def refused(url: str, allowed: Collection[str] | None) -> str | None:
    """Why nothing is sent there; None when it may be.

    `allowed`: hosts, or HOST:PORT, of the operator's, which may be within and may speak http. A
    name is looked at where it is connected to, not here: it may change. None: this machine alone.
    """
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or {*url} & {*' \\<>"`'}:
        return f"must be an address of at most {LONGEST} characters of ASCII, without spaces"
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "#" in url:
        return "must be https://HOST/..., without user and fragment"
    if is_allowed(url, allowed):
        return None
    if allowed is None:
        return f"{host} {NOT_HERE}"
    if parts.scheme != "https":
        return "must be https"
    if port == 0 or not _may_be_public(host):
        return f"{host} is no public address"
    return None


def is_allowed(url: str, allowed: Collection[str] | None) -> bool:
    """By the operator: its host, with or without its port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if allowed is None:
        return is_here(host)
    return host in allowed or f"{host}:{parts.port or _PORTS.get(parts.scheme)}" in allowed


_PORTS = {"http": 80, "https": 443}


def _may_be_public(host: str) -> bool:
    """A name may; a numeric address says it itself."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return is_public(host)
    except ValueError:
        return True
