"""Requests to Twilio's REST API, in the name of an account."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from channel.providers import Access, Credentials
from channel.store.outcomes import Ambiguous, NothingLeft, Outcome
from channel.twilio.codes import body_of, outcome_of
from common.config import TwilioAccount
from common.http import nothing_left

MARGIN = 5.0  # seconds over the account's time-out, for connecting


def resource(account: TwilioAccount, name: str) -> str:
    """The URL of `Messages` or `Calls` of this account."""
    base = account.base_url.rstrip("/")
    return f"{base}/2010-04-01/Accounts/{account.account_sid}/{name}.json"


def auth(access: Access[Any]) -> tuple[str, str]:
    return access.account.account_sid, access.secrets["auth_token"]


async def create(
    access: Access[Any], name: str, form: Mapping[str, str | Sequence[str]]
) -> Outcome:
    """One request that makes a message or a call; it is never repeated here."""
    seconds = access.account.timeout.total_seconds()
    url = resource(access.account, name)
    try:
        async with asyncio.timeout(seconds + MARGIN):
            response = await access.http.post(
                url, data=dict(form), auth=auth(access), timeout=seconds
            )
    except TimeoutError:
        return Ambiguous("no answer in time")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind = NothingLeft if nothing_left(error) else Ambiguous
        return kind(type(error.__cause__ or error).__name__)
    return outcome_of(response)


async def try_credentials(access: Access[Any], name: str) -> Credentials:
    """By asking for the newest message or call."""
    try:
        response = await access.http.get(
            resource(access.account, name), params={"PageSize": "1"}, auth=auth(access)
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Credentials(said=type(error.__cause__ or error).__name__)
    code = body_of(response).get("code") if response.is_error else None
    return Credentials(
        said=f"http {response.status_code}" + (f", code {code}" if code else ""),
        status=response.status_code,
        date=_date(response.headers.get("date")),
    )


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
