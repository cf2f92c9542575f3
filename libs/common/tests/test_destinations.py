"""Where requests of an account may go."""

from dataclasses import replace

import pytest

from common.config.accounts import SenderNumber, TwilioSmsAccount
from common.config.destinations import refused
from common.events.values import Channel

ACCOUNT = TwilioSmsAccount(
    id="a",
    channel=Channel.SMS,
    account_sid="AC1",
    auth_token="env:AFTERCALL_SECRET_X",
    senders=(SenderNumber(number="+16465550150"),),
)


def of(address: str) -> TwilioSmsAccount:
    return replace(ACCOUNT, base_url=address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_in_the_sandbox_requests_go_to_this_machine_alone(address: str) -> None:
    assert refused(of(address), None) is None
    why = refused(ACCOUNT, None)
    assert why is not None
    assert "api.twilio.com is not on this machine" in why


def test_elsewhere_they_go_to_the_provider_and_to_whom_the_operator_allows() -> None:
    proxy = of("http://proxy.example:8080")

    assert refused(ACCOUNT, ()) is None
    assert refused(proxy, ()) == "must be https"
    assert refused(proxy, {"proxy.example:8080"}) is None
