"""From which number a contact is written to."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from channel.outgoing.sender_numbers import number_for
from common.config import SenderNumber, TwilioSmsAccount, Workspace, WorkspaceConfig
from common.events.values import Channel

CONTACT = UUID(int=7)
US, US_TWO, INDIA, ANY = "+12025550190", "+12025550191", "+911140000000", "+442071838750"


def workspace(*senders: SenderNumber) -> WorkspaceConfig:
    account = TwilioSmsAccount(id="main", account_sid="AC1", auth_token="env:T", senders=senders)
    return WorkspaceConfig(workspace=Workspace(id="acme", name="Acme"), accounts={"main": account})


def chosen(
    config: WorkspaceConfig,
    contact: UUID = CONTACT,
    *,
    country: str | None = "US",
    called: str | None = None,
    channel: Channel = Channel.SMS,
) -> str | None:
    found = number_for(config, channel, contact, country=country, called=called)
    return found[1].number if found else None


def test_a_number_for_the_contacts_country_comes_before_one_for_any() -> None:
    config = workspace(SenderNumber(number=INDIA, countries=("IN",)), SenderNumber(number=ANY))

    assert chosen(config, country="IN") == INDIA
    assert chosen(config, country="US") == ANY
    assert chosen(config, country=None) == ANY


def test_the_number_that_was_called_never_asks() -> None:
    assert chosen(workspace(SenderNumber(number=US)), called=US) is None
    assert (
        chosen(workspace(SenderNumber(number=US), SenderNumber(number=US_TWO)), called=US) == US_TWO
    )


def test_a_number_that_replies_do_not_reach_never_asks() -> None:
    assert chosen(workspace(SenderNumber(number=US, two_way=False))) is None


def test_accounts_of_other_channels_are_not_used() -> None:
    assert chosen(workspace(SenderNumber(number=US)), channel=Channel.IVR) is None


@given(st.uuids())
def test_a_contact_keeps_its_number_when_another_leaves_the_pool(contact: UUID) -> None:
    numbers = [f"+1202555019{digit}" for digit in range(5)]
    before = chosen(workspace(*(SenderNumber(number=number) for number in numbers)), contact)
    kept = [number for number in numbers if number in (before, numbers[0], numbers[1])]

    assert chosen(workspace(*(SenderNumber(number=number) for number in kept)), contact) == before


def test_contacts_are_spread_over_the_pool() -> None:
    config = workspace(SenderNumber(number=US), SenderNumber(number=US_TWO))

    assert {chosen(config, uuid4()) for _ in range(100)} == {US, US_TWO}
