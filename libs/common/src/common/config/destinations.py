"""Where requests of an account may go: its provider's hosts, and what the operator adds to them."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from common.config.accounts import Account

LONGEST = 200  # characters of an address
NOT_HERE = "is not on this machine, and in the sandbox nothing leaves it"


def refused(account: Account, further: Collection[str] | None) -> str | None:
    """Why no request of this account may leave; None when it may.

    `further`: hosts that the operator allows beside the provider's own, as HOST or HOST:PORT; to
    those and to this machine itself, where the sandbox is, also by http. None: to this machine
    alone.
    """
    address = getattr(account, "base_url", None)
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "is no address"
    if not _is_plain(parts, address):
        return "must be https://HOST, without user, query or fragment"
    if is_here(host):
        return None
    if further is None:
        return f"{host} {NOT_HERE}"
    if host in further or f"{host}:{port}" in further:
        return None
    if parts.scheme != "https":
        return "must be https"
    if address != account.own_address and not _is_theirs(host, port, account.HOSTS):
        theirs = ", ".join(account.HOSTS) or "none but the default"
        return f"{host} is no host of {account.provider} ({theirs}); see AFTERCALL_PROVIDER_HOSTS"
    return None


def _is_plain(parts: SplitResult, address: str) -> bool:
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and len(address) <= LONGEST
        and address.isascii()
        and address.isprintable()
        and not {*address} & {*"\\ <>\"'`{}|^?#"}
    )


def is_here(host: str) -> bool:
    """This machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_theirs(host: str, port: int | None, patterns: Collection[str]) -> bool:
    """A pattern is a host, or `*.` and a domain for all below it."""
    return port in (None, 443) and any(
        host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
        for pattern in patterns
    )
