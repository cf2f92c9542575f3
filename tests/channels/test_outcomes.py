"""What a provider may do with a request, and a person with an ask: see docs/reliability.md."""

from datetime import timedelta
from functools import partial

import pytest

from common.events.sends import DeliveryStatus, Step
from common.testing.ports import free_port
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import CALLER, person, until
from tests.channels.asking import STOP, Asking


@pytest.mark.parametrize(
    "trouble", [Trouble.HANG_BEFORE, Trouble.ERROR_BEFORE, Trouble.RESET_BEFORE]
)
async def test_what_may_have_gone_out_is_asked_for_once_and_listed(
    here: Asking, trouble: Trouble
) -> None:
    """Cases 8 and 10."""
    here.network.side.faults = Faults((Fault(trouble=trouble, times=1),))
    asked = await here.ask()
    await here.waits_for(asked, "unknown")

    for times, minutes in enumerate((1, 10, 80), 1):
        here.clock.offset = timedelta(minutes=minutes)
        await until(partial(_is_looked_for, here, asked, times))
    await here.idle()

    assert [r.accepted for r in here.network.requests] == [False]
    told = [(one.status, one.final) for one in await here.deliveries(asked)]
    assert told == [(DeliveryStatus.UNKNOWN, False), (DeliveryStatus.UNKNOWN, True)]
    listed = await here.sender.listing.sends("acme", status="unknown", cursor=None, limit=10)
    assert [send.id for send in listed.sends] == [asked.id]


async def _is_looked_for(here: Asking, asked: Step, times: int) -> bool:
    await here.sender.sweeps.sweep_once()
    return bool((await here.row(asked.id))["look_ups"] == times)


@pytest.mark.parametrize("trouble", [Trouble.HANG_AFTER, Trouble.ERROR_AFTER, Trouble.RESET_AFTER])
async def test_a_callback_settles_what_went_out_after_all(here: Asking, trouble: Trouble) -> None:
    """Case 9."""
    here.network.side.faults = Faults((Fault(trouble=trouble, times=1),))
    here.network.answers(CALLER, "4")

    asked = await here.ask()

    await here.waits_for(asked, "delivered")
    await here.idle()
    assert [r.accepted for r in here.network.requests if r.reference == str(asked.id)] == [True]
    assert [one.score for one in await here.responses()] == [4]


async def test_a_provider_that_is_asked_too_much_is_asked_again_and_loses_nothing(
    here: Asking,
) -> None:
    """Case 11."""
    throttled = Fault(trouble=Trouble.THROTTLED, times=3, retry_after=1)
    here.network.side.faults = Faults((throttled,))

    asked = [await here.ask(person(number)) for number in range(6)]

    for one in asked:
        await here.waits_for(one, "delivered")
    accepted = [r.reference for r in here.network.requests if r.accepted]
    assert sorted(accepted) == sorted(str(one.id) for one in asked)


async def test_a_provider_that_is_not_there_is_asked_when_it_is(here: Asking) -> None:
    """Case 12."""
    await here.configure(f"http://127.0.0.1:{free_port()}")
    asked = await here.ask()

    async def waits() -> bool:
        row = await here.row(asked.id)
        return row is not None and row["reason"] == "ClientConnectorError"

    await until(waits)
    await here.configure()

    await here.waits_for(asked, "delivered")
    assert [r.accepted for r in here.network.requests] == [True]


async def test_a_slow_provider_has_so_many_requests_at_once_and_no_more(here: Asking) -> None:
    """Case 13."""
    most, people = 3, 15
    await here.configure(in_flight=most)
    slow = Fault(trouble=Trouble.SLOW, median=0.3, p99=0.4)
    here.network.side.faults = Faults((slow,))

    asked = [await here.ask(person(number)) for number in range(people)]
    seen: list[int] = []

    async def all_are_out() -> bool:
        (row,) = await here.fetch(
            "select count(*) filter (where state = 'claimed') as claimed,"
            " count(*) filter (where state = 'delivered') as out from {schema}.sends"
        )
        seen.append(row["claimed"])
        return bool(row["out"] == len(asked))

    await until(all_are_out)
    assert max(seen) <= 2 * most  # what was answered is claimed until it is recorded


async def test_callbacks_that_are_quicker_than_the_answer_count(here: Asking) -> None:
    """Case 14: the whole conversation is over before the request is answered."""
    here.network.side.faults = Faults((Fault(trouble=Trouble.EARLY),))
    here.network.answers(CALLER, "5", "3")

    asked = await here.ask()

    await here.waits_for(asked, "delivered")
    await here.idle()
    (last,) = (await here.responses())[-1:]
    assert (last.score, last.state) == (5, "finished")
    told = [one.status for one in await here.deliveries(asked)]
    assert told.count(DeliveryStatus.DELIVERED) == 1


async def test_a_hundred_copies_of_each_callback_change_what_one_does(here: Asking) -> None:
    """Cases 15 and 20: also of what a person gave."""
    repeated = Fault(trouble=Trouble.REPEATED, copies=100)
    here.network.side.faults = Faults((repeated, Fault(trouble=Trouble.REORDERED)))
    here.network.answers(CALLER, "2", "1")

    asked = await here.ask()

    await here.waits_for(asked, "delivered")
    await here.idle()
    told = [one.status for one in await here.deliveries(asked)]
    assert told.count(DeliveryStatus.DELIVERED) == 1
    assert [(r.revision, r.score, r.state) for r in await here.responses()] == [
        (1, 2, "in_progress"),
        (2, 2, "finished"),
    ]
    assert len([r for r in here.network.requests if r.reference == str(asked.id)]) == 1


async def test_what_was_answered_is_kept_when_no_more_comes(here: Asking) -> None:
    """Case 21: they hang up, or say nothing more."""
    here.network.answers(CALLER, "2")

    asked = await here.ask()

    await here.waits_for(asked, "delivered")
    await here.idle()
    (response,) = await here.responses()
    assert (response.score, response.state) == (2, "in_progress")
    assert [answer.question_id for answer in response.answers] == ["score"]


async def test_who_opts_out_is_not_asked_what_waits_for_them(here: Asking) -> None:
    """Case 22."""
    await here.configure(senders=[dict(here.kind.account["senders"][0]) | {"per_second": 1}])
    people = [person(number) for number in range(4)]
    for number in people:
        here.network.answers(number, STOP)

    first = [await here.ask(number) for number in people]
    later = [await here.ask(number, name="c2") for number in people]

    async def all_are_over() -> bool:
        (row,) = await here.fetch(
            "select count(*) from {schema}.sends where state in ('delivered', 'cancelled')"
            " and kind = 'step'"
        )
        return bool(row["count"] == 2 * len(people))

    await until(all_are_over)
    await here.idle()

    rows = [await here.row(one.id) for one in (*first, *later)]
    stopped = {row["contact_id"]: row["suppressed_at"] for row in await _suppressed(here)}
    assert len(stopped) == len(people)
    assert all(
        row["claimed_at"] is None or row["claimed_at"] <= stopped[row["contact_id"]] for row in rows
    )
    assert {row["reason"] for row in rows if row["state"] == "cancelled"} == {"opted_out"}


async def _suppressed(here: Asking) -> list[object]:
    return await here.fetch("select * from {schema}.contacts where suppressed")
