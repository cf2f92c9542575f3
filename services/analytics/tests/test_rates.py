"""Response rates: classes of asked calls, their shares, and who opted out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from analytics.domain.contributions import SLOTS, Slot
from analytics.domain.rates import Base, Classes, classes, opt_out_rate, response_rates
from analytics.service import Intake
from analytics.testing import ADDRESS, NOW, PEPPER, decision, delivery, response
from analytics.testing.running import Api, take
from common.events import Envelope, envelope
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.sends import DeliveryStatus, FailureClass
from common.ids import contact_id, derived

# 2000 asked: the example of the definitions' own calculator, in our classes.
KNOWN = Classes(complete=400, partial=50, refused=100, silent=650, unknown=500, ineligible=300)


def opted_out(
    *, after: timedelta, source: str = "reply", who: str = ADDRESS
) -> Envelope[ConsentChanged]:
    at = NOW + after
    change = ConsentChanged(
        id=derived("opt-out", source, str(after), who),
        contact_id=contact_id(PEPPER, "acme", who),
        channel="all",
        state=ConsentState.WITHDRAWN,
        occurred_at=at,
        source=source,
    )
    return envelope(
        change,
        aggregate=change.id,
        revision=0,
        source="/tests",
        time=at,
        workspace="acme",
    )


def test_each_rate_has_its_own_denominator() -> None:
    e = 1200 / 1500
    expected = {
        "RR1": (400, 1700.0),
        "RR2": (450, 1700.0),
        "RR3": (400, 1200 + e * 500),
        "RR4": (450, 1200 + e * 500),
        "RR5": (400, 1200.0),
        "RR6": (450, 1200.0),
    }
    found = response_rates(KNOWN)

    assert {one.name: (one.numerator, one.denominator) for one in found} == expected
    assert [one.base for one in found] == [Base.SENT] * 4 + [Base.DELIVERED] * 2
    for one in found:
        low, high = proportion_confint(one.numerator, one.denominator, method="wilson")
        assert one.estimate.value == pytest.approx(100 * one.numerator / one.denominator)
        assert one.estimate.low == pytest.approx(100 * low, abs=1e-6)
        assert one.estimate.high == pytest.approx(100 * high, abs=1e-6)


def test_where_nobody_was_asked_there_is_no_rate() -> None:
    nothing = [0] * SLOTS
    rates = [*response_rates(classes(nothing)), opt_out_rate(nothing)]

    assert {one.estimate.value for one in rates} == {None}


def test_every_asked_call_that_left_is_in_one_class() -> None:
    counts = [0] * SLOTS
    given = {
        Slot.ASKED: 100, Slot.SENT: 90, Slot.DELIVERED: 70, Slot.STARTED: 30, Slot.FINISHED: 20,
        Slot.FAILED: 10, Slot.BOUNCED: 4, Slot.UNKNOWN: 3, Slot.REFUSED: 5,
    }  # fmt: skip
    for slot, count in given.items():
        counts[slot] = count
    found = classes(counts)

    assert (found.complete, found.partial, found.refused, found.silent) == (20, 10, 5, 35)
    assert (found.unknown, found.ineligible) == (3 + 90 - 70 - 4, 10)


async def rates(api: Api, **query: Any) -> Any:
    return (await api.get("response-rates", from_="2026-01-01", **query))["response_rates"]


@pytest.fixture
async def asked(intake: Intake) -> Sequence[str]:
    """One call of each kind."""
    await take(
        intake,
        *(decision(f"c{number}") for number in range(7)),
        decision("never", reason=Reason.OPTED_OUT),
        delivery("c0"),
        delivery("c1"),
        delivery("c2"),
        delivery("c3", DeliveryStatus.SENT),
        delivery("c4", DeliveryStatus.FAILED, failure=FailureClass.INVALID_NUMBER),
        delivery("c5", DeliveryStatus.FAILED, sent_at=NOW),
        delivery("c6", DeliveryStatus.UNKNOWN),
        response("c0"),
        response("c1", state=ResponseState.IN_PROGRESS),
    )
    return [f"c{number}" for number in range(7)]


async def test_what_became_of_each_ask_puts_it_into_its_class(
    asked: Sequence[str], api: Api
) -> None:
    found = await rates(api)

    names = ("complete", "partial", "refused", "silent", "unknown", "ineligible")
    assert [found[name] for name in names] == [1, 1, 0, 1, 2, 2]
    assert [one["numerator"] for one in found["rates"]] == [1, 2, 1, 2, 1, 2]
    assert found["rates"][0]["denominator"] == 5


async def test_who_opts_out_is_counted_with_the_ask_before_it(intake: Intake, api: Api) -> None:
    earlier, later = NOW - timedelta(days=3), NOW
    await take(intake, decision("c1", ended_at=earlier), decision("c2", ended_at=later))
    say_no = opted_out(after=timedelta(minutes=5))
    await intake.on_consents([say_no, opted_out(after=timedelta(minutes=9))])
    await intake.on_consents([say_no])

    whole, last = await rates(api), await rates(api, to="2026-01-15", queue="billing")
    assert whole == last
    assert whole["refused"] == 1
    assert whole["opt_out_rate"]["numerator"] == 1
    days = await api.get("response-rates", from_="2026-01-15")
    assert days["response_rates"]["refused"] == 1


async def test_an_answer_and_then_a_no_is_an_answer_and_an_opt_out(
    intake: Intake, api: Api
) -> None:
    await take(intake, decision("c1"), delivery("c1"), response("c1"))
    await intake.on_consents([opted_out(after=timedelta(hours=1))])

    found = await rates(api)
    assert (found["complete"], found["refused"]) == (1, 0)
    assert found["opt_out_rate"]["value"] == 100.0


@pytest.mark.parametrize(
    "change",
    [
        {"source": "import"},
        {"source": "api"},
        {"after": timedelta(days=-2)},
        {"after": timedelta(days=45)},
        {"who": "+12025550199"},
    ],
)
async def test_what_was_not_said_to_an_ask_is_no_opt_out_of_it(
    intake: Intake, api: Api, change: dict[str, Any]
) -> None:
    await take(intake, decision("c1"), delivery("c1"))
    await intake.on_consents([opted_out(**{"after": timedelta(minutes=5), **change})])

    assert (await rates(api))["opt_out_rate"]["numerator"] == 0


async def test_the_file_has_a_row_for_each_rate(asked: Sequence[str], api: Api) -> None:
    answer = await api.ask("export/response-rates", from_="2026-01-01", by="queue")
    lines = answer.text.splitlines()

    assert answer.status_code == 200
    assert [line.split(",")[2] for line in lines] == [
        "rate",
        *(["RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "opt-out"] * 2),
    ]
    assert lines[1].split(",")[5:7] == ["1", "5.0"]
