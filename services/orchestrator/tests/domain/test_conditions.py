"""Conditions of flows: every field and operator, groups, and the index that they keep."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import Condition, Conditions
from common.config.conditions import CLOCKS, FIELDS, Shape
from common.config.documents import parse_document
from common.events.calls import Interaction, Leg
from common.events.decisions import Reason
from common.events.values import Direction, Ending, Kind
from orchestrator.domain import condition_fields
from orchestrator.domain.deciding import Facts, decide
from orchestrator.testing import LINE, NOW, call, compiled, flow, viewed


def when(**conditions: Any) -> Conditions:
    """As a document says it."""
    body = {"id": "x", "survey": "csat", "when": conditions}
    found: Conditions = parse_document("flow", body).when
    return found


def asks(conditions: Conditions, told: Interaction) -> bool:
    """Decided as it comes from the topic, and as the whole: both are the same."""
    workspace = compiled(flow(when=conditions), zone="America/New_York")
    verdicts = {
        decide(one, Facts(), workspace=workspace, now=NOW).reason for one in (told, viewed(told))
    }
    assert len(verdicts) == 1
    return verdicts == {None}


CALL = call(
    queue="billing",
    direction=Direction.OUTBOUND,
    legs=(
        Leg(agent_id="a1", agent_name="Ana", agent_tags=("new",), team="first"),
        Leg(agent_id="a2", agent_name="Ben", agent_tags=("senior", "night"), team="second"),
    ),
    tags=("vip", "refund"),
    site="Pune",
    region="West",
    disposition="complaint: late",
    language="es",
    wait_seconds=90.5,
    hold_seconds=12.0,
    transfers=1,
    attributes={"plan": "gold", "balance": "-12.5", "new": "true", "orders": "5"},
)
# NOW is Monday 10:30 UTC, 05:30 in New York, 16:00 in Kolkata.
HOLDS: list[dict[str, Any]] = [
    {"field": "kind", "is": "call"},
    {"field": "kind", "is_not": "ticket"},
    {"field": "ending", "one_of": ["connected", "missed"]},
    {"field": "direction", "is": "outbound"},
    {"field": "number", "is": LINE},
    {"field": "number", "begins_with": "+1202"},
    {"field": "queue", "is": "billing"},
    {"field": "queue", "is_not": "sales"},
    {"field": "queue", "contains": "ill", "begins_with": "b"},
    {"field": "queue", "exists": True},
    {"field": "agent", "is": "a1"},
    {"field": "agent", "is": "Ben"},
    {"field": "agent", "is_not": "Cem"},
    {"field": "team", "one_of": ["second", "third"]},
    {"field": "agent_tags", "begins_with": "nig"},
    {"field": "agent_tags", "is": "senior", "is_not": "trainee"},
    {"field": "tags", "is": "vip", "contains": "fund"},
    {"field": "tags", "exists": True},
    {"field": "site", "is": "Pune"},
    {"field": "region", "is": "West"},
    {"field": "disposition", "begins_with": "complaint"},
    {"field": "country", "is": "US"},
    {"field": "line_type", "is_not": "voip"},
    {"field": "language", "one_of": ["es", "pt"]},
    {"field": "source", "is": "pbx"},
    {"field": "talk_seconds", "at_least": 120, "at_most": 120},
    {"field": "wait_seconds", "at_least": 90.5},
    {"field": "hold_seconds", "at_most": 12},
    {"field": "transfers", "is": 1},
    {"field": "transfers", "one_of": [0, 1]},
    {"field": "hour", "is": 5},
    {"field": "hour", "at_least": 15, "at_most": 16, "zone": "Asia/Kolkata"},
    {"field": "weekday", "is": "monday"},
    {"field": "weekday", "one_of": ["tuesday"], "zone": "Pacific/Kiritimati"},
    {"field": "attributes.plan", "is": "gold"},
    {"field": "attributes.plan", "contains": "ol"},
    {"field": "attributes.balance", "at_most": 0, "at_least": -12.5},
    {"field": "attributes.new", "is": True},
    {"field": "attributes.orders", "is": 5},
    {"field": "attributes.orders", "one_of": [4, 5.0]},
    {"field": "attributes.none", "exists": False},
    {"field": "attributes.none", "is_not": "gold"},
]


@pytest.mark.parametrize("condition", HOLDS, ids=str)
def test_what_is_said_of_a_call_holds(condition: dict[str, Any]) -> None:
    assert asks(when(directions=[], all=[condition]), CALL)
    assert not asks(when(directions=[], none=[condition]), CALL)


NOT: list[dict[str, Any]] = [
    {"field": "kind", "is": "chat"},
    {"field": "direction", "is": "inbound"},
    {"field": "queue", "is": "Billing"},
    {"field": "queue", "exists": False},
    {"field": "agent", "is_not": "a1"},
    {"field": "tags", "is": "vip", "is_not": "refund"},
    {"field": "agent", "one_of": ["a3"]},
    {"field": "transfers", "at_least": 2},
    {"field": "transfers", "is_not": 1},
    {"field": "hour", "at_least": 6},
    {"field": "weekday", "is": "monday", "zone": "Pacific/Pago_Pago"},
    {"field": "attributes.plan", "at_least": 0},
    {"field": "attributes.none", "is": "gold"},
    {"field": "attributes.none", "at_most": 5},
    {"field": "attributes.plan", "is": "gold", "begins_with": "silver"},
]


@pytest.mark.parametrize("condition", NOT, ids=str)
def test_what_is_not_so_does_not_hold(condition: dict[str, Any]) -> None:
    # Still Sunday in Pago Pago.
    told = call(**{**_facts(CALL), "ended_at": datetime(2026, 1, 5, 10, 29, tzinfo=UTC)})

    assert not asks(when(directions=[], all=[condition]), told)


def _facts(told: Interaction) -> dict[str, Any]:
    return {name: getattr(told, name) for name in told.__struct_fields__ if name != "call_id"}


SILENT = call(queue=None, legs=(), talk_seconds=None, our_number=None, country=None, source=None)


@pytest.mark.parametrize("field", sorted({*FIELDS} - CLOCKS - {"kind", "ending", "direction"}))
def test_what_was_not_told_passes_no_test_but_those_that_say_so(field: str) -> None:
    told = call(**{**_facts(SILENT), "address": "ann@example.org"})
    if field == "transfers":  # none were told: there were none
        return
    number = FIELDS[field] is Shape.NUMBER
    word = {"number": LINE, "country": "US", "line_type": "other"}.get(field, "x")
    value: Any = 1 if number else word
    at_least = {"at_least": 0} if number else {"contains": "a"}
    compile_ = compiled(
        *(
            flow(name, when=when(all=[{"field": field, **said}]))
            for name, said in {
                "is": {"is": value},
                "one-of": {"one_of": [value]},
                "more": at_least,
                "exists": {"exists": True},
                "is-not": {"is_not": value},
                "absent": {"exists": False},
            }.items()
        )
    )

    found = {one.flow.id for one in compile_.candidates(None, None) if one.holds}
    matching = {n for n in found if compile_.by_id[n].holds(told)}  # type: ignore[misc]
    assert matching == {"is-not", "absent"}


def test_every_field_that_may_be_named_is_found() -> None:
    found = {*condition_fields.WORD, *condition_fields.WORDS, *condition_fields.NUMBER}

    assert found | CLOCKS == {*FIELDS}


def test_groups_join_and_turn_around() -> None:
    conditions = when(
        queues=["billing"],
        all=[{"any": [{"field": "tags", "is": "vip"}, {"field": "wait_seconds", "at_least": 300}]}],
        none=[{"all": [{"field": "team", "is": "first"}, {"field": "transfers", "is": 0}]}],
    )
    first = (Leg(agent_id="a1", team="first", queue="billing"),)

    assert asks(conditions, call(tags=("vip",)))
    assert asks(conditions, call(wait_seconds=300.0))
    assert not asks(conditions, call(wait_seconds=299.0))
    assert not asks(conditions, call(tags=("vip",), legs=first))
    assert asks(conditions, call(tags=("vip",), legs=first, transfers=2))
    assert not asks(conditions, call(tags=("vip",), queue="sales"))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("kind", {"kind": Kind.TICKET}),
        ("ending", {"ending": Ending.MISSED}),
        ("direction", {"direction": Direction.OUTBOUND}),
    ],
)
def test_what_groups_speak_of_is_not_narrowed_by_a_list_that_is_not_given(
    field: str, told: dict[str, Any]
) -> None:
    [word] = told.values()
    anything = {"any": [{"field": "queue", "exists": True}, {"field": field, "is": word}]}

    assert not asks(when(), call(**told))
    assert asks(when(**anything), call(**told))
    usual = {"kind": "call", "ending": "connected", "direction": "inbound"}[field]
    assert not asks(when(**anything, **{f"{field}s": [usual]}), call(**told))


def test_tickets_and_chats_have_flows_of_their_own() -> None:
    solved = {"field": "attributes.status", "is": "solved"}
    workspace = compiled(
        flow("tickets", when=when(kinds=["ticket"], all=[solved])),
        flow("chats", when=when(kinds=["chat"], none=[{"field": "tags", "is": "spam"}])),
    )

    def chosen(**told: Any) -> str | None:
        interaction = call(talk_seconds=None, **told)
        return decide(interaction, Facts(), workspace=workspace, now=NOW).flow_id

    assert chosen(kind=Kind.TICKET, attributes={"status": "solved"}) == "tickets"
    assert chosen(kind=Kind.TICKET, attributes={"status": "open"}) is None
    assert chosen(kind=Kind.CHAT) == "chats"
    assert chosen(kind=Kind.CHAT, tags=("spam",)) is None
    assert chosen(kind=Kind.CALL) is None


def test_the_highest_priority_wins_and_the_others_are_recorded() -> None:
    vip = when(all=[{"field": "tags", "is": "vip"}])
    workspace = compiled(
        flow("all"), flow("vip", when=vip, priority=5), flow("long", when=vip, priority=1)
    )

    of_vip = decide(call(tags=("vip",)), Facts(), workspace=workspace, now=NOW)
    of_other = decide(call(), Facts(), workspace=workspace, now=NOW)

    assert (of_vip.flow_id, of_vip.lost_flows) == ("vip", ("long", "all"))
    assert (of_other.flow_id, of_other.lost_flows) == ("all", ())


def test_top_level_tests_of_number_and_queue_are_looked_up_and_not_asked() -> None:
    workspace = compiled(
        flow("one", when=when(all=[{"field": "queue", "one_of": ["a", "b"]}])),
        flow("two", when=when(queues=["b", "c"], all=[{"field": "queue", "is": "b"}])),
        flow("never", when=when(queues=["a"], all=[{"field": "queue", "is": "b"}])),
        flow("any", when=when(any=[{"field": "queue", "is": "a"}])),
    )

    def candidates(queue: str | None) -> set[str]:
        return {one.flow.id for one in workspace.candidates(LINE, queue)}

    assert candidates("a") == {"one", "any"}
    assert candidates("b") == {"one", "two", "any"}
    assert candidates("c") == candidates(None) == {"any"}
    assert workspace.by_id["one"].holds is workspace.by_id["two"].holds is None


def test_details_are_decoded_only_for_who_asks_for_them() -> None:
    plain, asking = viewed(CALL), viewed(CALL)

    asks_ = compiled(flow(when=when(directions=[], all=[{"field": "queue", "contains": "b"}])))
    decide(plain, Facts(), workspace=asks_, now=NOW)
    by_site = compiled(flow(when=when(directions=[], all=[{"field": "site", "is": "Pune"}])))
    decide(asking, Facts(), workspace=by_site, now=NOW)

    assert plain.details is None
    assert asking.details is not None


TESTS = st.sampled_from(
    [
        {"field": "queue", "is": "a"},
        {"field": "queue", "is_not": "b"},
        {"field": "queue", "one_of": ["a", "b"]},
        {"field": "number", "is": LINE},
        {"field": "tags", "is": "x"},
        {"field": "transfers", "at_least": 1},
        {"field": "attributes.n", "at_most": 3},
    ]
)
GROUPS: Any = st.recursive(
    TESTS,
    lambda inner: st.dictionaries(
        st.sampled_from(("all", "any", "none")),
        st.lists(inner, min_size=1, max_size=3),
        min_size=1,
        max_size=1,
    ),
    max_leaves=8,
).filter(lambda found: str(found).count("[{") < 5)
CALLS = st.builds(
    lambda queue, number, tags, transfers, n: call(
        queue=queue,
        legs=(),
        our_number=number,
        tags=tags,
        transfers=transfers,
        attributes={"n": n} if n else {},
    ),
    st.sampled_from(("a", "b", "c", None)),
    st.sampled_from((LINE, "+12025550199", None)),
    st.sampled_from(((), ("x",), ("x", "y"))),
    st.integers(0, 2),
    st.sampled_from(("2", "4", "many", None)),
)


def judged(condition: Condition, told: Interaction) -> bool:
    """Said once more, as slowly and plainly as can be."""
    if condition.all is not None:
        return all(judged(one, told) for one in condition.all)
    if condition.any is not None:
        return any(judged(one, told) for one in condition.any)
    if condition.none is not None:
        return not any(judged(one, told) for one in condition.none)
    if condition.field == "tags":
        return "x" in told.tags
    if condition.field == "transfers":
        return told.transfers >= 1
    if condition.field == "attributes.n":
        return told.attributes.get("n") == "2"
    if condition.field == "number":
        return told.our_number == LINE
    if condition.is_not:
        return told.queue != "b"
    return told.queue in (condition.one_of or ("a",))


@given(
    terms=st.lists(GROUPS, max_size=3),
    some=st.lists(GROUPS, max_size=2),
    none=st.lists(GROUPS, max_size=2),
    told=CALLS,
)
def test_compiled_and_indexed_conditions_mean_what_they_say(
    terms: list[Any], some: list[Any], none: list[Any], told: Interaction
) -> None:
    given_ = {"all": terms, "any": some, "none": none}
    conditions = when(**{name: group for name, group in given_.items() if group})

    expected = (
        all(judged(one, told) for one in conditions.all or ())
        and (not some or any(judged(one, told) for one in conditions.any or ()))
        and not any(judged(one, told) for one in conditions.none or ())
    )

    assert asks(conditions, told) is expected


def test_no_flow_is_the_reason_where_conditions_do_not_hold() -> None:
    workspace = compiled(flow(when=when(all=[{"field": "tags", "is": "vip"}])))

    assert decide(call(), Facts(), workspace=workspace, now=NOW).reason is Reason.NO_FLOW
