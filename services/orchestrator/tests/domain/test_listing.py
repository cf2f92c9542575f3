"""Do-not-contact lists and consent by country: who is on one, who has to say yes first."""

from typing import Any

import pytest

from common.config import ConsentPolicy, CountryConsent
from common.config.documents import parse_document
from common.errors import BadInput
from common.events.decisions import Reason
from common.events.values import Channel
from orchestrator.domain.consent import BITS
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.listing import address_of, read_addresses
from orchestrator.testing import CALLER, NOW, PEPPER, call, compiled, contact_of

GERMAN = "+493012345678"


@pytest.mark.parametrize(
    ("written", "region", "read"),
    [
        ("+12025550101", None, "+12025550101"),
        (" +1 (202) 555-0101 ", None, "+12025550101"),
        ("202 555 0101", "US", "+12025550101"),
        ("202 555 0101", None, None),
        ("+556196123456", None, "+5561996123456"),  # as it was spelled before 2016
        ("Ann@Example.org", None, "ann@example.org"),
        ("ann@example", None, None),
        ("@example.org", None, None),
        ("ann at example.org", None, None),
        ("", None, None),
        ("9" * 300, "US", None),
    ],
)
def test_addresses_are_read_as_people_write_them(
    written: str, region: str | None, read: str | None
) -> None:
    assert address_of(written, region) == read


def test_what_cannot_be_read_is_named_by_its_place_and_one_person_is_one() -> None:
    told = ["+12025550101", "nobody", "001 202 555 0101"]

    read = read_addresses(told, pepper=PEPPER, workspace="acme", region=None)

    assert read.people == {contact_of(CALLER): CALLER}
    assert list(read.errors) == [1]


def test_who_is_on_a_list_is_not_asked_and_told_which() -> None:
    listed = Facts(listed="list dnd, loaded 2026-01-05")

    decision = decide(call(), listed, workspace=compiled(), now=NOW)

    assert decision.reason is Reason.DO_NOT_CONTACT
    assert decision.findings[-1].fact == "on the do-not-contact list dnd, loaded 2026-01-05"


def by_country(*, default: tuple[Channel, ...] = (), **policies: ConsentPolicy) -> Any:
    consent = tuple(
        CountryConsent(countries=(country,), channels=(Channel.SMS,), policy=policy)
        for country, policy in policies.items()
    )
    return compiled(countries=("US", "DE"), explicit_consent=default, consent=consent)


@pytest.mark.parametrize(
    ("default", "policy", "said", "reason"),
    [
        ((), ConsentPolicy.OPT_IN, NOBODY, Reason.NO_CONSENT),
        ((), ConsentPolicy.OPT_IN, Contact(granted=BITS[Channel.SMS]), None),
        ((), ConsentPolicy.UNKNOWN, NOBODY, Reason.NO_CONSENT),
        ((Channel.SMS,), ConsentPolicy.OPT_OUT, NOBODY, None),
        (
            (Channel.SMS,),
            ConsentPolicy.OPT_OUT,
            Contact(withdrawn=BITS[Channel.SMS]),
            Reason.OPTED_OUT,
        ),
    ],
)
def test_a_country_has_its_own_consent(
    default: tuple[Channel, ...], policy: ConsentPolicy, said: Contact, reason: Reason | None
) -> None:
    workspace = by_country(default=default, DE=policy)
    german = call(address=GERMAN, country="DE")

    decision = decide(german, Facts(said), workspace=workspace, now=NOW)

    assert decision.reason is reason
    if policy is ConsentPolicy.OPT_IN:
        given = "none given" if reason else "given"
        assert f"sms needs a yes in DE, {given}" in [one.fact for one in decision.findings]
    elsewhere = decide(call(), Facts(), workspace=workspace, now=NOW).reason
    assert elsewhere is (Reason.NO_CONSENT if default else None)


def test_the_first_policy_that_names_a_country_and_a_channel_holds() -> None:
    body = {"id": "acme", "name": "Acme"}
    both = [
        {"countries": ["DE", "AT"], "channels": ["sms"], "policy": "opt_in"},
        {"countries": ["DE"], "channels": ["sms", "ivr"], "policy": "opt_out"},
    ]
    consent = parse_document("workspace", {**body, "consent": both}).consent

    found = compiled(consent=consent).consent_by_country

    assert found == {("sms", "DE"): True, ("sms", "AT"): True, ("ivr", "DE"): False}
    for wrong in ({"countries": []}, {"channels": ["pigeon"]}, {"policy": "maybe"}):
        with pytest.raises(BadInput):
            parse_document("workspace", {**body, "consent": [{**both[0], **wrong}]})
