"""Findings as data: what every guard says can be read back."""

from datetime import timedelta
from typing import Any

import pytest

from common.config import (
    Cap,
    ConsentPolicy,
    CountedBy,
    CountryConsent,
    Quota,
    QuotaPeriod,
)
from common.events.calls import Leg
from common.events.decisions import Finding, Reason
from common.events.values import Channel, Ending, Metric
from orchestrator.domain.consent import BITS
from orchestrator.domain.contact import Ask, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.explaining import data_of, sentence
from orchestrator.domain.tally import CapKey, Tally
from orchestrator.testing import NOW, SENDER, address, call, compiled, flow

DAY = timedelta(days=1)
SMS = BITS[Channel.SMS]
TWO_YEARS = CountryConsent(
    countries=("US",),
    channels=(Channel.SMS,),
    policy=ConsentPolicy.OPT_IN,
    expires_after=730 * DAY,
)
ANA = CapKey("acme", "agent", "a1")


def asks(flow: str = "csat-flow") -> tuple[Ask, ...]:
    return (Ask(call("before").id, NOW, NOW, flow, "csat", True, "csat"),)


CASES: dict[Reason, tuple[Any, Any, Facts, list[dict[str, Any]]]] = {
    Reason.TOO_OLD: (
        call(ended_at=NOW - 2 * DAY), compiled(), Facts(),
        [{"ended_at": "2026-01-03T10:30:00Z", "limit": "1d"}],
    ),
    Reason.BEFORE_FLOW_ENABLED: (
        call(), compiled(flow(enabled_since=NOW)), Facts(),
        [{"ended_at": "2026-01-05T10:29:00Z", "enabled_since": "2026-01-05T10:30:00Z"}],
    ),
    Reason.IN_THE_FUTURE: (
        call(ended_at=NOW + DAY), compiled(), Facts(), [{"ended_at": "2026-01-06T10:30:00Z"}],
    ),
    Reason.NOT_CONNECTED: (
        call(ending=Ending.MISSED), compiled(), Facts(), [{"ending": "missed"}],
    ),
    Reason.NO_FLOW: (
        call(), compiled(flow(enabled=False)), Facts(),
        [{"direction": "inbound", "kind": "call", "ending": "connected", "queue": "billing"}],
    ),
    Reason.COUNTRY_NOT_ALLOWED: (
        call(address="+442079460101", country="GB"), compiled(), Facts(), [{"country": "GB"}],
    ),
    Reason.TALK_TIME: (
        call(talk_seconds=9.0), compiled(), Facts(),
        [{"at_most": False, "talk_seconds": 9.0, "least_seconds": 10.0}],
    ),
    Reason.OPTED_OUT: (
        call(), compiled(), Facts(Contact(withdrawn=SMS)), [{"channel": "sms"}],
    ),
    Reason.DO_NOT_CONTACT: (
        call(), compiled(), Facts(listed="list dnd, loaded 2026-01-05"),
        [{"list": "dnd", "loaded": "2026-01-05"}],
    ),
    Reason.NO_CONSENT: (
        call(), compiled(explicit_consent=(Channel.SMS,)), Facts(),
        [{"channel": "sms", "given": False}],
    ),
    Reason.CONSENT_EXPIRED: (
        call(),
        compiled(consent=(TWO_YEARS,)),
        Facts(Contact(granted=SMS, yeses=((SMS, NOW - 731 * DAY),))),
        [
            {
                "channel": "sms",
                "expires_after": "730d",
                "country": "US",
                "given_at": "2024-01-05T10:30:00Z",
            }
        ],
    ),
    Reason.UNREACHABLE: (
        call(), compiled(), Facts(Contact(unreachable=SMS, unreachable_since=NOW - DAY)),
        [{"channel": "sms", "since": "2026-01-04"}],
    ),
    Reason.SAMPLED_OUT: (
        call(), compiled(flow(sampling_rate=0.0)), Facts(), [{"drawn": 0.6318, "rate": 0.0}],
    ),
    Reason.FREQUENCY_CAP: (
        call(),
        compiled(
            flow(caps=(Cap(asks=1, per=DAY, metric=Metric.CSAT, survey="csat"),)),
            caps=(Cap(asks=5, per=30 * DAY),),
        ),
        Facts(Contact(asks=asks())),
        [
            {
                "used": 1, "asks": 1, "metric": "csat", "survey": "csat", "of_flow": True,
                "per": "1d",
            },
        ],
    ),
    Reason.SHARED_CAP: (
        call(), compiled(caps=(Cap(asks=1, per=DAY, by=CountedBy.AGENT),)),
        Facts(tally=Tally(NOW, {}, {ANA: asks("other")})),
        [{"used": 1, "asks": 1, "of_flow": False, "per": "1d", "by": "agent", "name": "a1"}],
    ),
    Reason.DAILY_CEILING: (
        call(), compiled(daily_ceiling=5), Facts(asked_today=5), [{"used": 5, "asks": 5}],
    ),
    Reason.PREFIX_CEILING: (
        call(), compiled(prefix_ceiling=5), Facts(asked_alike=5),
        [{"used": 5, "asks": 5, "prefix": "+12025"}],
    ),
    Reason.QUOTA: (
        call(legs=(Leg(),)),
        compiled(flow(quotas=(Quota(asks=0, per=QuotaPeriod.DAY, by=CountedBy.AGENT),))),
        Facts(tally=Tally(NOW)),
        [{"used": 0, "asks": 0, "per": "day", "by": "agent", "name": None}],
    ),
    Reason.NO_SENDER: (
        call(our_number=SENDER), compiled(), Facts(), [{"channel": "sms", "country": "US"}],
    ),
    Reason.CLOSED: (
        call(address="+18005550199"), compiled(flow(text_hours="09:00-10:00")), Facts(),
        [{"hours": "09:00-10:00"}],
    ),
}  # fmt: skip
WORDS_ALONE = {
    Reason.DO_NOT_SURVEY,
    Reason.NO_ADDRESS,
    Reason.INTERNAL_NUMBER,
    Reason.NUMBER_DISABLED,
    Reason.UNKNOWN,
}


@pytest.mark.parametrize("reason", CASES)
def test_what_a_guard_says_can_be_read_back(reason: Reason) -> None:
    interaction, workspace, facts, data = CASES[reason]

    decision = decide(interaction, facts, workspace=workspace, now=NOW)

    assert decision.reason is reason
    assert data_of(decision.findings[-1]) == data
    assert sentence(decision).startswith("not asked: ")
    assert decision.findings[-1].fact in sentence(decision)


def test_every_guard_is_read_or_has_words_alone() -> None:
    assert {*CASES} | WORDS_ALONE == {*Reason}


def test_each_rule_that_was_used_has_data_of_its_own() -> None:
    caps = (Cap(asks=5, per=DAY), Cap(asks=9, per=30 * DAY, metric=Metric.CSAT))
    workspace = compiled(caps=caps, explicit_consent=(Channel.SMS,))
    asked = Facts(Contact(granted=SMS, asks=asks()))

    decision = decide(call(address=address(1)), asked, workspace=workspace, now=NOW)

    consent, cap = map(data_of, decision.findings)
    assert consent == [{"channel": "sms", "given": True}]
    assert [(one["used"], one["asks"], one.get("metric"), one["per"]) for one in cap] == [
        (1, 5, None, "1d"),
        (1, 9, "csat", "30d"),
    ]
    assert sentence(decision) == "asked by the flow csat-flow, by sms"


def test_words_of_another_version_have_no_data() -> None:
    assert data_of(Finding(guard=Reason.QUOTA, fact="none of your business")) == []
    assert data_of(Finding(guard=Reason.UNKNOWN, fact="1 of 2 asks today")) == []
