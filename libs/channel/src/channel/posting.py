"""One request to a provider that makes something, and what its answer says beside its body."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from channel.providers import Access
from channel.store.outcomes import Ambiguous, NothingLeft, Outcome
from common.http import nothing_left

MARGIN = 5.0  # seconds over the account's time-out, for connecting


async def post(
    access: Access[Any], url: str, read: Callable[[httpx.Response], Outcome], **given: Any
) -> Outcome:
    """It is never repeated here. `given`: as `httpx` takes it."""
    seconds = access.account.timeout.total_seconds()
    try:
        async with asyncio.timeout(seconds + MARGIN):
            response = await access.http.post(url, timeout=seconds, **given)
    except TimeoutError:
        return Ambiguous("no answer in time")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind = NothingLeft if nothing_left(error) else Ambiguous
        return kind(type(error.__cause__ or error).__name__)
    return read(response)


def date_of(response: httpx.Response) -> datetime | None:
    """By the provider's clock."""
    header = response.headers.get("date")
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
