"""Every reader of events goes on with what a newer version writes: words, fields, numbers."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from analytics.domain.contributions import REASONS, Contribution, Slot, contribution
from analytics.domain.facts import Fact, with_decision, with_delivery, with_response
from analytics.domain.figures import not_asked
from common.errors import BadInput
from common.events import TYPES, adapter, decode, encode, head_of, parse
from common.events.decisions import Decision, Reason
from common.events.enumeration import OpenEnum
from common.events.responses import Response
from common.events.sends import Delivery
from orchestrator.domain.interaction_view import view_of
from tests.contracts.written import PUBLISHED, named
from tests.skew.recording import (
    EVENTS,
    FIELD,
    WORD,
    Path_,
    Place,
    changed,
    enumerations,
    renamed,
    sites,
    words,
)

EXAMPLES = {named(path): json.loads(path.read_text()) for path in PUBLISHED}
SITES = [
    pytest.param(name, at, place, id=f"{name}:{'.'.join(map(str, at))}")
    for name, event in EXAMPLES.items()
    for at, place in words(TYPES[event["type"]], event)
]
UTC_ZONE = ZoneInfo("UTC")


def read(event: Any) -> Any:
    """By every reader that there is of its type; the first one's envelope."""
    value = json.dumps(event).encode()
    told = decode(value, TYPES[event["type"]])
    if event["type"] == "interaction.ended.v1":
        view_of(head_of(value))
    assert decode(encode(told), TYPES[event["type"]]) == told  # it can be stored and read again
    stored = msgspec.msgpack.encode(told.data)
    assert msgspec.msgpack.decode(stored, type=TYPES[event["type"]]) == told.data
    count(told.data)
    return told


def count(data: Any) -> Contribution:
    """As analytics counts it, alone and as the whole fact."""
    fact = Fact(interaction=UUID(int=1), workspace="acme")
    if isinstance(data, Decision):
        fact = with_decision(fact, data, UTC_ZONE)
    elif isinstance(data, Delivery):
        fact = with_delivery(fact, data)
    elif isinstance(data, Response):
        fact = with_response(fact, data)
    return contribution(fact)


def test_every_enumeration_of_an_event_is_open_and_says_unknown() -> None:
    found = enumerations()

    assert len(found) >= 13
    assert [one for one in found if not issubclass(one, OpenEnum)] == []
    assert [one for one in found if "unknown" not in list(one)] == []


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_recorded_event_of_a_newer_version_is_read(path: Path) -> None:
    read(json.loads(path.read_text()))


def test_every_type_of_event_has_one_of_a_newer_version() -> None:
    assert {json.loads(path.read_text())["type"] for path in EVENTS} == set(TYPES)


@pytest.mark.parametrize(("name", "at", "place"), SITES)
def test_a_word_that_nobody_knows_is_unknown(name: str, at: Path_, place: Place) -> None:
    told = json.loads(encode(read(with_word(EXAMPLES[name], at, place))))

    for part in at[:-1]:
        told = told[part]
    assert "unknown" in told if place is Place.KEY else told[at[-1]] == "unknown"


def with_word(event: Any, at: Path_, place: Place) -> Any:
    return renamed(event, at) if place is Place.KEY else changed(event, at, lambda _: WORD)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(st.data())
def test_unknown_fields_and_unknown_words_are_read_wherever_they_are(data: st.DataObject) -> None:
    event = EXAMPLES[data.draw(st.sampled_from(sorted(EXAMPLES)))]
    fact = TYPES[event["type"]]
    newer = event
    for at, place in data.draw(
        st.lists(st.sampled_from(list(sites(fact, event))), max_size=8, unique=True)
    ):
        if place is Place.FIELDS:
            more = {FIELD: data.draw(ANYTHING)}
            newer = changed(newer, at, lambda one, more=more: one | more)
        elif place is Place.WORD:
            newer = with_word(newer, at, place)

    read(newer)


@pytest.mark.parametrize("path", PUBLISHED, ids=named)
def test_who_writes_to_us_is_held_to_the_words_there_are(path: Path) -> None:
    event = json.loads(path.read_text())
    fact = TYPES[event["type"]]
    for at, place in words(fact, event):
        if place is Place.KEY:
            continue
        newer = changed(event, at, lambda _: WORD)
        with pytest.raises(BadInput) as refused:
            parse(newer["data"], fact)
        (error,) = refused.value.errors
        assert error.field == ".".join(map(str, at))
        assert error.message.startswith("must be '")


def test_unknown_is_refused_where_it_means_nothing_and_taken_where_it_does() -> None:
    event = EXAMPLES[next(name for name in EXAMPLES if "every-field" in name)]["data"]
    fact = TYPES["interaction.ended.v1"]

    assert parse({**event, "ending": "unknown"}, fact).ending == "unknown"
    for field in ("kind", "direction"):
        with pytest.raises(BadInput, match=field):
            parse({**event, field: "unknown"}, fact)
    assert "unknown" not in json.dumps(adapter(fact).json_schema()["$defs"]["Kind"])


def newer_decision(name: str) -> Decision:
    path = next(path for path in EVENTS if path.stem == name)
    return decode(path.read_bytes(), Decision).data


def slots_of(decision: Decision) -> set[int]:
    return set(count(decision).slots)


def test_a_reason_that_analytics_does_not_know_is_counted_as_unknown() -> None:
    decision = newer_decision("decision-skipped-for-quiet-hours")
    counts = [0] * (Slot.REASON_0 + len(REASONS))
    for slot in slots_of(decision):
        counts[slot] += 1

    assert decision.reason is Reason.UNKNOWN
    assert counts[Slot.CALLS] == 1
    assert not_asked(counts) == {"unknown": 1}


def test_a_verdict_that_analytics_does_not_know_is_no_ask() -> None:
    found = slots_of(newer_decision("decision-with-another-verdict"))

    assert Slot.ASKED not in found
    assert Slot.REASON_0 + REASONS.index(Reason.UNKNOWN) in found


def test_a_metric_that_analytics_does_not_know_is_in_the_funnel_and_has_no_score() -> None:
    decision = newer_decision("decision-to-ask-on-another-channel")

    counted = count(decision)

    assert Slot.ASKED in counted.slots
    assert counted.answers == ()
    assert counted.channel == "unknown"


def test_a_delivery_whose_status_is_not_known_takes_nothing_back() -> None:
    path = next(path for path in EVENTS if path.stem == "delivery-read")
    delivery = decode(path.read_bytes(), Delivery).data
    decision = newer_decision("decision-to-ask-on-another-channel")
    fact = with_decision(Fact(interaction=UUID(int=1), workspace="acme"), decision, UTC_ZONE)

    found = set(contribution(with_delivery(fact, delivery)).slots)

    assert {Slot.SENT, Slot.DELIVERED} <= found
    assert not {Slot.UNKNOWN, Slot.FAILED} & found


def test_unknown_words_are_counted() -> None:
    def counted() -> float:
        labels = {"enumeration": "Reason"}
        return REGISTRY.get_sample_value("aftercall_unknown_words_total", labels) or 0.0

    before = counted()
    Reason(WORD)
    Reason("unknown")
    assert counted() == before + 1
