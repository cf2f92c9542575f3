"""What a call becomes, whoever reports it."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from common import ids
from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.events import decode, type_of
from common.events.calls import Interaction, InteractionAmended, Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain import interaction as domain
from ingest.domain.call import Call
from ingest.domain.interaction import Report, message
from ingest.domain.parties import sides

PEPPER = b"pepper of the tests"
CALL = Call(
    id="c-1",
    kind=Kind.CALL,
    ending=Ending.CONNECTED,
    address="+12025550101",
    ended_at=datetime(2026, 1, 5, 10, 14, 20, tzinfo=UTC),
)
SOURCE = parse_document(
    "source", {"id": "pbx", "vendor": "freeswitch", "region": "US", "site": "Boston"}
)


def interaction(workspace: WorkspaceConfig, **changes: Any) -> Interaction:
    call = replace(CALL, **changes)
    return domain.interaction(call, workspace, source="pbx", settings=SOURCE, pepper=PEPPER)


def test_ids_are_derived_from_workspace_source_and_call(workspace: WorkspaceConfig) -> None:
    found = interaction(workspace)

    assert found.id == ids.interaction_id("acme", "pbx", "c-1")
    assert found.contact_id == ids.contact_id(PEPPER, "acme", "+12025550101")


SPELLINGS = (
    "+12025550101",
    "+1 202-555-0101",
    "(202) 555-0101",
    "2025550101",
    "0012025550101",
    "tel:+1-202-555-0101",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_number_is_one_contact(
    workspace: WorkspaceConfig, spelling: str
) -> None:
    assert interaction(workspace, address=spelling) == interaction(workspace)


@pytest.mark.parametrize(
    ("address", "kind", "expected", "problem"),
    [
        ("anonymous", Kind.CALL, None, "hidden"),
        ("", Kind.CALL, None, "hidden"),
        ("12", Kind.CALL, None, "invalid"),
        ("sip:noor@pbx.example.com", Kind.CALL, None, "invalid"),
        ("noor@pbx.example.com", Kind.CALL, None, "invalid"),
        ("Noor@Example.com", Kind.TICKET, "noor@example.com", None),
        ("Noor@Example.com", Kind.CHAT, "noor@example.com", None),
        ("noor@localhost", Kind.TICKET, None, "invalid"),
        ("+12025550101", Kind.CHAT, "+12025550101", None),
        ("+19002345678", Kind.CALL, "+19002345678", "premium_rate"),
        ("+448712345678", Kind.CALL, "+448712345678", "premium_rate"),
        ("+491803123456", Kind.CALL, "+491803123456", "shared_cost"),
        ("+447012345678", Kind.CALL, "+447012345678", "personal_number"),
        ("+18002345678", Kind.CALL, "+18002345678", "toll_free"),
    ],
)
def test_an_address_that_cannot_be_asked_says_why(
    workspace: WorkspaceConfig, address: str, kind: Kind, expected: str | None, problem: str | None
) -> None:
    found = interaction(workspace, address=address, kind=kind)

    assert (found.address, found.address_problem) == (expected, problem)
    assert (found.contact_id is None) == (expected is None)


def test_site_and_region_are_those_of_the_number_called_unless_the_event_names_them(
    workspace: WorkspaceConfig,
) -> None:
    called = interaction(workspace, our_number="202 555 0190")
    said = interaction(workspace, our_number="202 555 0190", site="Home", region="West")
    unknown = interaction(workspace, our_number="+1 202 555 0199")

    assert (called.our_number, called.site, called.region) == ("+12025550190", "Washington", "East")
    assert (said.site, said.region) == ("Home", "West")
    assert (unknown.site, unknown.region) == ("Boston", None)


def test_a_call_from_one_of_our_lines_was_outbound(workspace: WorkspaceConfig) -> None:
    found = interaction(workspace, address="+12025550190", our_number="+12025550101")

    assert found.direction is Direction.OUTBOUND
    assert (found.address, found.our_number) == ("+12025550101", "+12025550190")


def test_a_direction_that_was_said_is_believed(workspace: WorkspaceConfig) -> None:
    found = interaction(workspace, address="+12025550190", direction=Direction.INTERNAL)

    assert (found.address, found.direction) == ("+12025550190", Direction.INTERNAL)


@pytest.mark.parametrize(
    ("caller", "callee", "said", "expected"),
    [
        ("+12025550101", "+12025550190", None, ("+12025550101", "+12025550190", None)),
        ("1001", "2025550101", None, ("2025550101", "1001", Direction.OUTBOUND)),
        ("1001", "1002", None, ("1001", "1002", Direction.INTERNAL)),
        ("1001", "1002", Direction.OUTBOUND, ("1001", "1002", Direction.INTERNAL)),
        ("a", "b", Direction.OUTBOUND, ("b", "a", Direction.OUTBOUND)),
        ("a", "b", Direction.INBOUND, ("a", "b", Direction.INBOUND)),
        ("anonymous", "1001", None, ("anonymous", "1001", None)),
    ],
)
def test_the_customer_is_the_caller_or_the_callee(
    caller: str, callee: str, said: Direction | None, expected: tuple[str, str, Direction | None]
) -> None:
    direction = Direction.INTERNAL if expected[2] is Direction.INTERNAL else expected[2]

    customer, ours, found = sides(caller, callee, said)

    assert found is direction
    if found is not Direction.INTERNAL:
        assert (customer, ours) == expected[:2]


def test_linked_addresses_are_normalised_and_never_the_address_itself(
    workspace: WorkspaceConfig,
) -> None:
    linked = ("202 555 0101", "202 555 0102", "+12025550102", "Noor@Example.com", "anonymous")

    found = interaction(workspace, linked=linked)

    assert found.linked == ("+12025550102", "noor@example.com")


def test_every_fact_of_a_call_reaches_the_interaction() -> None:
    missing = {f.name for f in fields(Call)} - set(Interaction.__struct_fields__)

    assert missing == {"customer_id"}  # which becomes an id that leads back to nobody


def test_one_customer_id_is_one_person_of_the_workspace(workspace: WorkspaceConfig) -> None:
    first = interaction(workspace, customer_id="c-4711")
    second = interaction(workspace, customer_id="c-4711", address="+12025550102")

    assert first.person_id == second.person_id is not None
    assert first.person_id not in (first.contact_id, second.contact_id)
    assert interaction(workspace, customer_id="c-4712").person_id != first.person_id
    assert interaction(workspace).person_id is None


def test_the_same_report_is_the_same_message(workspace: WorkspaceConfig) -> None:
    ended = Report(interaction(workspace))

    assert message(ended) == message(Report(interaction(workspace, address="(202) 555-0101")))
    assert message(ended).key == str(ended.interaction.contact_id).encode()
    assert decode(message(ended).value, Interaction).data == ended.interaction


def test_an_interaction_nobody_can_be_asked_about_is_keyed_by_itself(
    workspace: WorkspaceConfig,
) -> None:
    hidden = interaction(workspace, address="anonymous")

    assert message(Report(hidden)).key == str(hidden.id).encode()


def test_an_amendment_is_another_event_of_the_same_interaction(workspace: WorkspaceConfig) -> None:
    first, second = (message(Report(interaction(workspace), revision)) for revision in (1, 2))

    assert type_of(first.value) == "interaction.amended.v1"
    assert decode(first.value, InteractionAmended).data.revision == 1
    assert decode(first.value, InteractionAmended).id != decode(second.value, InteractionAmended).id


def test_an_agent_whose_telephone_only_rang_is_no_leg(workspace: WorkspaceConfig) -> None:
    rang, spoke = Leg(agent_id="1", talk_seconds=0), Leg(agent_id="2", talk_seconds=90)

    assert interaction(workspace, legs=(rang, spoke)).legs == (spoke,)
    assert interaction(workspace, legs=(rang,)).legs == (rang,)
