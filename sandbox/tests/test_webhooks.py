"""How often the platform is told, and when the carrier gives up."""

import pytest

from sandbox import ledger
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.receiver import Receiver
from sandbox.serving import serve

SID = "AC00000000000000000000000000000001"
TOKEN = "12345678901234567890123456789012"
OURS = "+12025550190"
PERSON = "+12135550101"


def tries_of(carrier: Carrier) -> list[int | None]:
    return [webhook.status for webhook in ledger.only(carrier.ledger, ledger.Webhook)]


async def test_a_failing_platform_is_told_once_by_default(
    carrier: Carrier, platform: Receiver
) -> None:
    platform.answers.append((500, "text/plain", ""))
    await carrier.receive(PERSON, OURS, body="9")

    assert tries_of(carrier) == [500]
    assert ledger.acknowledged_replies(carrier.ledger.entries) == []


async def test_without_a_connection_it_is_tried_once_more(unused_tcp_port: int) -> None:
    account = Account(TOKEN, inbound_url=f"http://127.0.0.1:{unused_tcp_port}/x")
    async with serve(Carrier, accounts={SID: account}) as carrier:
        await carrier.receive(PERSON, OURS, body="9")

        assert tries_of(carrier) == [None, None]


@pytest.mark.parametrize(("tries", "statuses"), [(2, [503, 503]), (0, [503, 503, 429, 204])])
async def test_tries_can_be_raised_until_acknowledged(
    platform: Receiver, tries: int, statuses: list[int]
) -> None:
    platform.answers.extend([(503, "text/plain", "")] * 2 + [(429, "text/plain", "")])
    account = Account(TOKEN, inbound_url=f"{platform.url}/x")
    async with serve(Carrier, accounts={SID: account}, webhook_tries=tries) as carrier:
        await carrier.receive(PERSON, OURS, body="9")

        assert tries_of(carrier) == statuses
        webhooks = ledger.only(carrier.ledger, ledger.Webhook)
    assert len({webhook.token for webhook in webhooks}) == 1
    assert [webhook.attempt for webhook in webhooks] == list(range(1, len(statuses) + 1))


async def test_a_refusal_is_final_even_then(platform: Receiver) -> None:
    platform.answers.append((403, "text/plain", ""))
    account = Account(TOKEN, inbound_url=f"{platform.url}/x")
    async with serve(Carrier, accounts={SID: account}, webhook_tries=0) as carrier:
        await carrier.receive(PERSON, OURS, body="9")

        assert tries_of(carrier) == [403]
