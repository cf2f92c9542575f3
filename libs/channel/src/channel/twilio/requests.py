"""Requests to Twilio's REST API, in the name of an account."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from channel.posting import date_of, post
from channel.providers import Access, Credentials, Listed
from channel.store.outcomes import Outcome
from channel.twilio.codes import TEXTS, Codes, body_of, outcome_of
from common.config import TwilioAccount


def resource(account: TwilioAccount, name: str) -> str:
    """The URL of `Messages` or `Calls` of this account."""
    base = account.base_url.rstrip("/")
    return f"{base}/2010-04-01/Accounts/{account.account_sid}/{name}.json"


def auth(access: Access[Any]) -> tuple[str, str]:
    return access.account.account_sid, access.secrets["auth_token"]


async def create(
    access: Access[Any],
    name: str,
    form: Mapping[str, str | Sequence[str]],
    codes: Codes = TEXTS,
) -> Outcome:
    """One request that makes a message or a call; it is never repeated here."""
    url, read = resource(access.account, name), partial(outcome_of, codes=codes)
    return await post(access, url, read, data=dict(form), auth=auth(access))


async def listed(
    access: Access[Any],
    name: str,
    read: Callable[[Mapping[str, Any]], Listed | None],
    *,
    sender: str,
    to: str,
) -> Sequence[Listed] | None:
    """The newest from this number to that one; None when Twilio cannot be asked now.

    Not filtered by date: what is still queued has none.
    """
    query = {"To": to, "From": sender, "PageSize": "50"}
    try:
        response = await access.http.get(
            resource(access.account, name), params=query, auth=auth(access)
        )
        found = [read(item) for item in response.raise_for_status().json()[name.lower()]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return None
    return [one for one in found if one is not None]


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
        date=date_of(response),
    )
