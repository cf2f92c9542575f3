"""A carrier and the platform that it tells."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.receiver import Receiver, receiving
from sandbox.serving import serve

SID = "AC00000000000000000000000000000001"
TOKEN = "12345678901234567890123456789012"


@pytest.fixture
async def platform() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def carrier(platform: Receiver) -> AsyncIterator[Carrier]:
    url = f"{platform.url}/inbound?a=b%2Fc"
    account = Account(TOKEN, numbers=("+12025550190",), inbound_url=url)
    async with serve(Carrier, accounts={SID: account}) as running:
        yield running


@pytest.fixture
async def api(carrier: Carrier) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{carrier.base_url}/2010-04-01/Accounts/{SID}"
    async with httpx.AsyncClient(
        base_url=base, auth=(SID, TOKEN), trust_env=False, verify=False
    ) as client:
        yield client
