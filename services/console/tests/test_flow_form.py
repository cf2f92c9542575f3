"""A flow in a form and back: what is not touched stays, what is touched is meant."""

from typing import Any

import pytest

from common.errors import FieldError
from console.domain.conditions import groups_in_words, in_words
from console.domain.differences import Difference, differences
from console.domain.flow_form import errors_by_field, fields_of, flow_of
from console.domain.flow_limits import limits_in_words

RICH: dict[str, Any] = {
    "id": "evenings",
    "survey": "csat",
    "enabled": True,
    "priority": 3,
    "when": {
        "queues": ["billing", "sales"],
        "directions": ["inbound", "outbound"],
        "kinds": ["call"],
        "endings": ["connected"],
    },
    "plan": [
        {"channel": "sms"},
        {"channel": "whatsapp", "when": ["failed", "silent"], "after": "2h"},
        {"channel": "ivr", "when": "line_type", "line_types": ["fixed"]},
    ],
    "caps": [{"asks": 1, "per": "7d"}, {"asks": 3, "per": "90d"}],
    "sampling_rate": 0.25,
    "minimum_talk": "20s",
    "something_newer": {"a": 1},
}


@pytest.mark.parametrize("flow", [RICH, {"id": "x", "survey": "csat"}, {"id": "x"}])
def test_a_form_that_is_not_touched_means_the_flow_as_it_was(flow: dict[str, Any]) -> None:
    assert flow_of(fields_of(flow), flow) == flow


@pytest.mark.parametrize(
    ("changed", "meant"),
    [
        ({"queues": "billing,\n care "}, {"when": {**RICH["when"], "queues": ["billing", "care"]}}),
        ({"priority": "7"}, {"priority": 7}),
        ({"priority": "high"}, {"priority": "high"}),  # the API says what is wrong with it
        ({"sampling": "12.5"}, {"sampling_rate": 0.125}),
        ({"sampling": "all"}, {"sampling_rate": "all"}),
        ({"delay": "5m"}, {"delay": "5m"}),
        (
            {"direction_outbound": "", "direction_internal": "yes"},
            {"when": {**RICH["when"], "directions": ["inbound", "internal"]}},
        ),
        ({"channel_2": "", "channel_3": ""}, {"plan": [{"channel": "sms"}]}),
        (
            {"channel_4": "sms", "when_4": "silent", "after_4": "1d"},
            {
                "plan": [
                    *RICH["plan"][:1],
                    *({**RICH["plan"][1]},),
                    {"channel": "ivr", "when": ["line_type"], "line_types": ["fixed"]},
                    {"channel": "sms", "when": ["silent"], "after": "1d"},
                ]
            },
        ),
        ({"asks_2": "", "per_2": ""}, {"caps": [{"asks": 1, "per": "7d"}]}),
        ({"asks_3": "9", "per_3": "365d"}, {"caps": [*RICH["caps"], {"asks": 9, "per": "365d"}]}),
    ],
)
def test_only_what_was_touched_changes(changed: dict[str, str], meant: dict[str, Any]) -> None:
    assert flow_of(fields_of(RICH) | changed, RICH) == {**RICH, **meant}


def test_an_emptied_field_is_left_to_its_default() -> None:
    flow = {"id": "x", "survey": "csat", "delay": "5m", "when": {"queues": ["billing"]}}
    emptied = flow_of(fields_of(flow) | {"delay": "", "queues": ""}, flow)
    assert emptied == {"id": "x", "survey": "csat"}


def test_errors_stand_beside_the_field_that_they_are_about() -> None:
    told = [
        FieldError("when.queues.0", "too long"),
        FieldError("when.directions.0", "unknown"),
        FieldError("plan.1.when", "needs after"),
        FieldError("plan.0.channel", "no service"),
        FieldError("caps.1.per", "not a duration"),
        FieldError("sampling_rate", "at most 1"),
        FieldError("settings", "unknown"),
    ]
    assert errors_by_field(told) == {
        "queues": ["too long"],
        "direction_inbound": ["unknown"],
        "when_2": ["needs after"],
        "channel_1": ["no service"],
        "per_2": ["not a duration"],
        "sampling": ["at most 1"],
        "": ["unknown"],
    }


def test_differences_are_told_value_by_value() -> None:
    before = {"delay": "1m", "when": {"queues": ["a", "b"]}, "plan": [{"channel": "sms"}]}
    after = {"when": {"queues": ["a"]}, "plan": [{"channel": "ivr"}], "enabled": True}
    assert differences(before, after) == [
        Difference("delay", "1m", None),
        Difference("enabled", None, "true"),
        Difference("plan.0.channel", "sms", "ivr"),
        Difference("when.queues", "a, b", "a"),
    ]
    assert differences(None, {"id": "x"}) == [Difference("id", None, "x")]
    assert differences(before, before) == []


GROUPED: dict[str, Any] = {
    "id": "grouped",
    "survey": "csat",
    "when": {
        "queues": ["billing"],
        "all": [
            {"any": [{"field": "tags", "is": "vip"}, {"field": "wait_seconds", "at_least": 60}]},
            {"field": "hour", "at_most": 17, "zone": "Europe/Berlin"},
        ],
        "none": [{"field": "attributes.plan", "one_of": ["trial", "free"]}],
    },
}


def test_groups_of_conditions_stay_as_they_are_whatever_the_form_changes() -> None:
    filled = fields_of(GROUPED) | {"queues": "sales", "direction_outbound": "yes"}

    assert flow_of(filled, GROUPED) == GROUPED | {
        "when": {**GROUPED["when"], "queues": ["sales"], "directions": ["inbound", "outbound"]}
    }
    assert flow_of(fields_of(GROUPED), GROUPED) == GROUPED


def test_groups_of_conditions_are_said_in_words() -> None:
    assert in_words(GROUPED["when"]) == [
        "queues: billing",
        "all of: (any of: tags is vip; wait seconds is at least 60);"
        " hour in Europe/Berlin is at most 17",
        "none of: plan is one of trial, free",
    ]
    assert groups_in_words(GROUPED["when"]) == in_words(GROUPED["when"])[1:]


@pytest.mark.parametrize(
    "when", [None, "x", {"all": "x"}, {"any": [5, {"some": [1]}]}, {"all": {}}]
)
def test_conditions_that_are_none_are_shown_all_the_same(when: Any) -> None:
    assert isinstance(in_words(when), list)
    assert flow_of(fields_of({"when": when}), {"when": when}) == {"when": when}


def test_a_direction_that_groups_speak_of_is_not_shown_as_inbound() -> None:
    flow = {"when": {"any": [{"none": [{"field": "direction", "is": "internal"}]}]}}

    assert fields_of(flow)["direction_inbound"] == ""


LIMITED: dict[str, Any] = {
    "id": "limited",
    "survey": "csat",
    "one_in": 4,
    "caps": [{"asks": 3, "per": "1d", "by": "agent", "metric": "csat"}, {"asks": 1, "per": "7d"}],
    "quotas": [{"asks": 50, "per": "day"}, {"asks": 5, "per": "week", "by": "team"}],
}


def test_what_a_form_does_not_show_of_a_cap_stays() -> None:
    of_metric = {**LIMITED, "caps": [{"asks": 1, "per": "7d", "metric": "csat"}]}

    assert flow_of(fields_of(of_metric) | {"asks_1": "4"}, of_metric)["caps"] == [
        {"asks": 4, "per": "7d", "metric": "csat"}
    ]


def test_a_cap_of_agents_is_none_of_one_person_and_stays() -> None:
    shown = fields_of(LIMITED)
    assert (shown["asks_1"], shown["per_1"], shown["asks_2"]) == ("1", "7d", "")

    changed = flow_of(shown | {"asks_1": "2", "asks_2": "3", "per_2": "30d"}, LIMITED)

    assert changed["caps"] == [
        {"asks": 2, "per": "7d"},
        {"asks": 3, "per": "30d"},
        LIMITED["caps"][0],
    ]


def test_limits_without_fields_are_said_in_words() -> None:
    assert limits_in_words(LIMITED) == [
        "3 asks of the metric csat for each agent in 1d",
        "50 asks by this flow each day",
        "5 asks by this flow for each team each week",
        "one in 4 of these calls",
    ]
    assert limits_in_words({"caps": "x", "quotas": [5]}) == []
