"""Which of the routes that pages name are served, as OpenAPI has it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_PROVIDERS = tuple(f"/v1/{channel}/callbacks/" for channel in ("sms", "whatsapp", "ivr"))
# `GET /v1/x`, "$URL/v1/x", `/v1/x`: up to a query, and not of another's address.
_NAMED = re.compile(
    r"(?:\b(GET|POST|PUT|PATCH|DELETE|OPTIONS) `?|-X (\w+) +)?"
    r"(?:\$\w+|http://127\.0\.0\.1:\d+|\{AFTERCALL_PUBLIC_URL\}|<public url>)?"
    r"(?<![\w.}>])(/v1/[\w/{}<>$.*-]*)"
)


def served() -> dict[str, set[str]]:
    """Path -> methods, of every service."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "contracts" / "openapi").glob("*.json")):
        for path, operations in json.loads(file.read_text("utf-8"))["paths"].items():
            found.setdefault(path, set()).update(one.upper() for one in operations)
    return found


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """(method, path) of each; a method only where it stands there."""
    for told in _NAMED.finditer(text):
        yield told[1] or told[2], told[3].rstrip("./")


def missing(method: str | None, path: str, there: dict[str, set[str]]) -> str | None:
    """Why nothing answers there; None when something does, or, without a method, below it."""
    if path.startswith(OF_PROVIDERS):
        return None
    fitting = [one for one in there if _fits(path, one, whole=method is not None)]
    if not fitting:
        return f"nothing serves {path}"
    if method and method != "OPTIONS" and not any(method in there[one] for one in fitting):
        return f"{path} takes no {method}"
    return None


def _fits(path: str, route: str, *, whole: bool) -> bool:
    told, ours = path.split("/"), route.split("/")
    if len(told) > len(ours) or (whole and len(told) < len(ours)):
        return False
    return all(
        one == two or two.startswith("{") or one in ("*", "...") or one.startswith(("{", "<", "$"))
        for one, two in zip(told, ours, strict=False)
    )
