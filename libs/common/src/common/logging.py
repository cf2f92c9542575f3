"""Logs: one JSON line per event, a name and fields, never a number, a secret or a body."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from common.phone import masked

# Defence in depth: our own lines carry ids only, but an exception's text may quote a number.
_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,18}\d")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEEP = frozenset({"timestamp", "level", "event"})


def _mask(text: str) -> str:
    kept: list[str] = []
    last = 0
    for match in _UUID.finditer(text):
        kept += [_NUMBER.sub(_number, text[last : match.start()]), match.group()]
        last = match.end()
    return "".join([*kept, _NUMBER.sub(_number, text[last:])])


def _number(match: re.Match[str]) -> str:
    digits = sum(char.isdigit() for char in match.group())
    return masked(match.group()) if digits >= 8 else match.group()


def mask_numbers(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: what looks like a telephone number is masked."""
    for key, value in event.items():
        if isinstance(value, str) and key not in _KEEP:
            event[key] = _mask(value)
    return event


def set_up(level: str = "INFO", *, stream: Any = None) -> None:
    """Routes structlog and the standard library to JSON lines on `stream` (stderr)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        mask_numbers,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.access").disabled = True  # its lines hold URLs, ours hold templates
    logging.getLogger("httpx").setLevel("WARNING")
    logging.getLogger("aiokafka").setLevel("WARNING")


def get(name: str) -> Any:
    """The module's logger."""
    return structlog.stdlib.get_logger(name)
