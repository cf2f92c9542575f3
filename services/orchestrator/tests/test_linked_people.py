"""Several addresses, one person: what is asked of one, and forbidden by one, counts for all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import ConfigReader
from common.errors import BadInput, Problem
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Reason
from common.events.sends import Delivery, DeliveryStatus
from common.events.values import Channel
from common.ids import derived, invitation_id, person_id, step_id
from orchestrator.domain.contact import Contact
from orchestrator.domain.linking import MOST, Told, follow
from orchestrator.service.consent.do_not_contact import DoNotContact
from orchestrator.service.consent.linking import Linking
from orchestrator.testing import NOW, PEPPER, address, call, contact_of

ANN = person_id(PEPPER, "acme", "c-4711")
WORK, HOME = address(1), address(2)
ONE_A_MONTH = {"link_customers": True, "caps": [{"asks": 1, "per": "30d"}]}
HOUR = timedelta(hours=1)


def of_ann(name: str, number: str, **changes: Any) -> Any:
    return call(name, address=number, person_id=ANN, **changes)


def no(number: str, channel: str = "sms") -> ConsentChanged:
    return ConsentChanged(
        id=derived("no", number, channel),
        contact_id=contact_of(number),
        channel=channel,
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="api",
    )


def linking(orchestra: Any) -> Linking:
    return Linking(orchestra.db, ConfigReader(orchestra.db), lambda: orchestra.now)


async def link(orchestra: Any, *numbers: str, person: Any = None) -> Any:
    addresses = {contact_of(number): number for number in numbers}
    return await linking(orchestra).link("acme", addresses, person)


async def reasons(orchestra: Any) -> dict[Any, str | None]:
    rows = await orchestra.rows("select interaction_id, reason from orchestrator.decisions")
    return {row["interaction_id"]: row["reason"] for row in rows}


async def test_one_customer_is_asked_once_by_way_of_two_numbers(orchestra: Any) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH)
    first, second = of_ann("first", WORK), of_ann("second", HOME)

    await orchestra.take(first)
    await orchestra.take(second, call("other", address=address(3)))

    found = await reasons(orchestra)
    assert found.pop(second.id) == Reason.FREQUENCY_CAP
    assert set(found.values()) == {None}


async def test_two_calls_in_one_batch_are_one_person_s(orchestra: Any) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH)

    await orchestra.take(of_ann("first", WORK), of_ann("second", HOME))

    assert sorted(map(str, (await reasons(orchestra)).values())) == ["None", "frequency_cap"]


async def test_replicas_that_see_two_numbers_for_the_first_time_ask_once(
    orchestra: Any, replicas: Any
) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH)
    for turn in range(10):
        who = person_id(PEPPER, "acme", f"customer {turn}")
        await asyncio.gather(
            *(
                one.take(call(f"{turn}-{n}", address=address(10 * turn + n), person_id=who))
                for n, one in enumerate(replicas)
            )
        )

    asked = await orchestra.rows("select count(*) from orchestrator.decisions where reason is null")
    assert asked[0]["count"] == 10


async def test_a_workspace_that_does_not_link_asks_each_address(orchestra: Any) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH | {"link_customers": False})

    await orchestra.take(of_ann("first", WORK))
    await orchestra.take(of_ann("second", HOME))

    assert set((await reasons(orchestra)).values()) == {None}
    assert await orchestra.rows("select from orchestrator.persons") == []


async def test_a_no_by_one_number_is_a_no_for_the_other(orchestra: Any) -> None:
    await orchestra.configure(workspace={"link_customers": True}, flow={"delay": "1h"})
    waits = of_ann("waits", WORK)
    await orchestra.take(waits)
    await orchestra.take(of_ann("missed", HOME, ending="missed"))

    await orchestra.hear(no(HOME))
    later = of_ann("later", WORK, ended_at=NOW)
    await orchestra.take(later)

    assert await orchestra.status(invitation_id(waits.id, "csat-flow")) == (
        "cancelled",
        "opted_out",
    )
    assert (await reasons(orchestra))[later.id] == Reason.OPTED_OUT


async def test_who_said_no_before_they_were_known_to_be_one_is_not_asked(orchestra: Any) -> None:
    await orchestra.configure(workspace={"link_customers": True})
    await orchestra.take(of_ann("not asked", HOME, do_not_survey=True))
    await orchestra.hear(no(HOME, "all"))
    other = of_ann("other", WORK)

    await orchestra.take(other)

    assert (await reasons(orchestra))[other.id] == Reason.OPTED_OUT


async def test_a_list_that_has_one_of_their_numbers_protects_the_person(orchestra: Any) -> None:
    await orchestra.configure(workspace={"link_customers": True}, flow={"delay": "1h"})
    await orchestra.take(of_ann("waits", WORK), of_ann("missed", HOME, ending="missed"))
    await DoNotContact(orchestra.db, PEPPER, lambda: NOW).add("acme", "dnd", [HOME], None, by="t")

    later = of_ann("later", WORK, ended_at=NOW)
    await orchestra.take(later)
    orchestra.now = NOW + HOUR
    await orchestra.dispatching.dispatch()

    assert (await reasons(orchestra))[later.id] == Reason.DO_NOT_CONTACT
    found = await orchestra.status(invitation_id(call("waits").id, "csat-flow"))
    assert found == ("cancelled", Reason.DO_NOT_CONTACT)


async def test_a_newer_call_from_another_number_takes_the_place_of_a_waiting_ask(
    orchestra: Any,
) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH, flow={"delay": "1h"})
    older, newer = of_ann("older", WORK), of_ann("newer", HOME, ended_at=NOW)
    await orchestra.take(older)

    await orchestra.take(newer)

    assert await orchestra.status(invitation_id(older.id, "csat-flow")) == (
        "cancelled",
        "newer_call",
    )
    assert await reasons(orchestra) == {older.id: None, newer.id: None}
    slots = await orchestra.rows(
        "select id from orchestrator.contacts where asks is not null and length(asks) > 1"
    )
    assert [row["id"] for row in slots] == [contact_of(HOME)]


async def test_a_further_step_ends_when_they_call_from_another_number(orchestra: Any) -> None:
    plan = [{"channel": "sms"}, {"channel": "sms", "when": "silent", "after": "4h"}]
    await orchestra.configure(workspace={"link_customers": True}, flow={"plan": plan})
    asked = of_ann("asked", WORK)
    invitation = invitation_id(asked.id, "csat-flow")
    await orchestra.take(asked)
    sent = Delivery(
        step_id=step_id(invitation, 0),
        invitation_id=invitation,
        interaction_id=asked.id,
        contact_id=contact_of(WORK),
        channel=Channel.SMS,
        revision=1,
        status=DeliveryStatus.SENT,
        at=NOW,
        sent_at=NOW,
        final=False,
    )
    await orchestra.report(sent)
    assert [step[3] for step in await orchestra.steps(invitation)] == ["sent", "waiting"]

    await orchestra.take(of_ann("again", HOME, ended_at=NOW, do_not_survey=True))

    assert [step[3] for step in await orchestra.steps(invitation)] == ["sent", "cancelled"]


async def test_people_say_who_is_one_and_who_is_not(orchestra: Any) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH)
    await orchestra.take(call("by work", address=WORK))
    rows = await link(orchestra, WORK, HOME)
    assert {row["id"] for row in rows} == {contact_of(WORK), contact_of(HOME)}
    first, second = (call(name, address=HOME, ended_at=NOW) for name in ("first", "second"))
    await orchestra.take(first)

    await linking(orchestra).unlink("acme", contact_of(HOME))
    await orchestra.take(call("told again", address=WORK, person_id=ANN))
    told = call("told", address=HOME, person_id=ANN, ended_at=NOW)
    await orchestra.take(told, second)

    found = await reasons(orchestra)
    assert found[first.id] == Reason.FREQUENCY_CAP
    assert found[told.id] is None  # whatever its source tells
    assert found[second.id] == Reason.FREQUENCY_CAP
    assert await linking(orchestra).others("acme", contact_of(HOME)) == []


async def test_who_is_linked_to_somebody_who_said_no_is_not_asked_what_waits(
    orchestra: Any,
) -> None:
    await orchestra.configure(workspace={"link_customers": True}, flow={"delay": "1h"})
    await orchestra.take(call(address=WORK))
    await orchestra.hear(no(HOME))

    await link(orchestra, WORK, HOME)

    found = await orchestra.status(invitation_id(call().id, "csat-flow"))
    assert found == ("cancelled", "opted_out")


async def test_linking_brings_persons_together(orchestra: Any) -> None:
    await orchestra.configure(workspace={"link_customers": True})
    await link(orchestra, address(1), address(2))
    await link(orchestra, address(3), address(4))

    rows = await link(orchestra, address(1), address(3), person=ANN)

    assert {row["id"] for row in rows} == {contact_of(address(n)) for n in range(1, 5)}
    assert await orchestra.rows("select id from orchestrator.persons") == [(ANN,)]


async def test_linking_is_off_unless_the_workspace_says_so_and_has_an_end(orchestra: Any) -> None:
    with pytest.raises(Problem):
        await link(orchestra, WORK, HOME)
    await orchestra.configure(workspace={"link_customers": True})
    await link(orchestra, *(address(number) for number in range(MOST)))
    with pytest.raises(BadInput):
        await link(orchestra, address(0), address(MOST))


async def test_a_customer_id_of_everybody_links_no_more_than_some(orchestra: Any) -> None:
    await orchestra.configure(workspace=ONE_A_MONTH)

    await orchestra.take(*(of_ann(f"c{n}", address(n)) for n in range(MOST + 5)))

    asked = [reason for reason in (await reasons(orchestra)).values() if reason is None]
    assert len(asked) == 1 + 5


async def test_an_erased_person_is_erased_at_every_address_and_no_stays_no(orchestra: Any) -> None:
    await orchestra.configure(workspace={"link_customers": True})
    await orchestra.take(of_ann("first", WORK), of_ann("second", HOME))
    await orchestra.hear(no(HOME))
    orchestra.now = NOW + HOUR

    made = await orchestra.erase(WORK)
    orchestra.now += HOUR
    await orchestra.take(call("new", address=WORK, ended_at=orchestra.now))

    assert set(made.linked) == {contact_of(HOME)}
    rows = await orchestra.rows("select erased_at, person from orchestrator.contacts order by id")
    assert sum(row["erased_at"] is not None for row in rows) == 2
    events = await orchestra.rows("select event from orchestrator.decisions")
    kept = b"".join(row["event"] for row in events)
    assert HOME.encode() not in kept
    found = await reasons(orchestra)
    assert found[call("new").id] == Reason.OPTED_OUT


@given(
    told=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 5)), max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_whose_an_address_is_does_not_hang_on_the_order_of_what_is_told(
    told: list[tuple[int, int, int]], order: Any
) -> None:
    keys = [("acme", contact_of(address(number))) for number in range(4)]
    persons = [person_id(PEPPER, "acme", str(number)) for number in range(3)]
    ends = []
    for _ in range(2):
        contacts = dict.fromkeys(keys, Contact())
        members: dict[Any, set[Any]] = {}
        for who, whose, minute in told:
            one = Told(NOW + timedelta(minutes=minute), persons[whose])
            follow({keys[who]: one}, contacts, members)
        ends.append((contacts, {key: of for key, of in members.items() if of}))
        order.shuffle(told)
    assert ends[0] == ends[1]
    for key, contact in ends[0][0].items():
        whose_key = contact.link and ("acme", contact.link.person)
        assert [one for one, of in ends[0][1].items() if key in of] == [whose_key] * bool(whose_key)
