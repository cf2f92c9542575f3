"""What makes no sense beside `--sandbox`: whatever would leave this machine."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from aftercall.errors import WRONGLY_CALLED, Trouble
from common.config.destinations import is_here

NEVER = ("AFTERCALL_DATABASE_URL", "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS")
ONLY_HERE = (
    "AFTERCALL_PUBLIC_URL",
    "AFTERCALL_PROVIDER_HOSTS",
    "AFTERCALL_CLOSED_LOOP_HOSTS",
    "AFTERCALL_CLOSED_LOOP_SMTP_HOST",
)


def check(environment: Mapping[str, str]) -> None:
    """Raises `Trouble`, which names the variable."""
    for name in NEVER:
        if environment.get(name):
            raise Trouble(
                f"--sandbox keeps everything in a folder of its own: unset {name}, or leave"
                " --sandbox out",
                WRONGLY_CALLED,
            )
    for name in ONLY_HERE:
        if any(not _here(one) for one in environment.get(name, "").split(",") if one.strip()):
            raise Trouble(
                f"--sandbox lets nothing leave this machine, and {name} names another: unset it,"
                " or leave --sandbox out",
                WRONGLY_CALLED,
            )


def _here(address: str) -> bool:
    """HOST, HOST:PORT or an address."""
    named = address.strip() if "://" in address else f"//{address.strip()}"
    try:
        return is_here(urlsplit(named).hostname or "")
    except ValueError:
        return False
