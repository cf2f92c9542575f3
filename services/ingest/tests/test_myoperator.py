"""MyOperator's envelope (version 2), and the words of version 1 that name nobody."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.events.calls import Interaction
from common.events.values import Direction, Ending
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service.reading import ConfiguredSource, IntakeReport, read_report

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
END = datetime(2026, 1, 5, 10, 14, 20, tzinfo=UTC)
SOURCE = parse_document("source", {"id": "mo", "vendor": "myoperator", "region": "IN"})


def read(workspace: WorkspaceConfig, body: dict[str, Any]) -> IntakeReport | NoEnd:
    configured = ConfiguredSource(workspace, SOURCE)
    return read_report(
        Inbound(json.dumps(body).encode()), configured, pepper=b"of the tests", now=NOW
    )


def event(kind: str = "call.summary", **payload: Any) -> dict[str, Any]:
    return {
        "event_id": "evt-1",
        "company_id": "5c01",
        "event_type": kind,
        "event_sequence": 7,
        "event_version": 1,
        "timestamp": 1767608060000000000,
        "channel": "call",
        "direction": "incoming",
        "session_id": "ses-1",
        "system_identifier": None,
        "customer_identifier": "919876543210",
        "payload": payload,
    }


ANSWERED = {
    "status": "answered",
    "start_time": 1767607822,
    "answer_time": 1767607831,
    "end_time": 1767608060,
    "answered_by": {"id": "u-1", "name": "Asha"},
    "department_name": "sales",
}


def summary(workspace: WorkspaceConfig, **payload: Any) -> Interaction:
    taken = read(workspace, event(**payload))
    assert isinstance(taken, IntakeReport)
    return taken.report.interaction


def test_a_summary_is_the_end_of_a_call(workspace: WorkspaceConfig) -> None:
    found = summary(workspace, **ANSWERED)

    assert (found.call_id, found.address, found.direction) == (
        "ses-1",
        "+919876543210",
        Direction.INBOUND,
    )
    assert (found.ending, found.ended_at, found.talk_seconds) == (Ending.CONNECTED, END, 229)
    assert [(leg.agent_id, leg.agent_name, leg.queue) for leg in found.legs] == [
        ("u-1", "Asha", "sales")
    ]


@pytest.mark.parametrize(
    "sent", [1767608060000000000, 1767608060000, 1767608060, "2026-01-05T15:44:20+05:30"]
)
def test_a_time_is_read_whatever_its_unit(workspace: WorkspaceConfig, sent: object) -> None:
    taken = read(workspace, event(status="missed") | {"timestamp": sent})

    assert isinstance(taken, IntakeReport)
    assert taken.report.interaction.ended_at == END


@pytest.mark.parametrize(
    ("payload", "ending"),
    [
        ({"status": "answered", "answered_by": "agent"}, Ending.CONNECTED),
        ({"talk_duration": "30", "answered_by": "Asha"}, Ending.CONNECTED),
        ({"answered_by": "voicemail", "talk_duration": 30}, Ending.VOICEMAIL),
        ({"status": "answered", "answered_by": "voicemail"}, Ending.VOICEMAIL),
        ({"status": "answered", "answered_by": "ivr"}, Ending.MISSED),
        ({"status": "Missed"}, Ending.MISSED),
        ({"status": "no-answer"}, Ending.MISSED),
        ({"status": "cancelled"}, Ending.ABANDONED),
        ({"status": "teleported"}, Ending.UNKNOWN),
        ({}, Ending.MISSED),
    ],
)
def test_connected_is_that_an_agent_and_the_caller_talked(
    workspace: WorkspaceConfig, payload: dict[str, Any], ending: Ending
) -> None:
    found = summary(workspace, **payload)

    assert found.ending is ending
    assert {leg.agent_name for leg in found.legs} <= {"Asha", None}


def test_who_only_rang_is_no_leg(workspace: WorkspaceConfig) -> None:
    agents = [
        {"id": "u-1", "name": "Ravi", "status": "no-answer"},
        {"id": "u-2", "name": "Asha", "status": "answered", "talk_duration": 229},
    ]

    found = summary(workspace, status="answered", agents=agents)

    assert ([leg.agent_name for leg in found.legs], found.transfers) == (["Asha"], 0)


def test_a_disposition_amends_the_call(workspace: WorkspaceConfig) -> None:
    ended, amended = (
        read(workspace, event(**ANSWERED)),
        read(workspace, event("call.disposition", disposition="Interested")),
    )

    assert isinstance(ended, IntakeReport)
    assert isinstance(amended, IntakeReport)
    assert amended.report.revision == 1767608060000
    assert amended.report.interaction.id == ended.report.interaction.id
    assert amended.report.interaction.disposition == "Interested"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"event_type": "call.initiated"}, NoEnd.GOING_ON),
        ({"event_type": "conversation.opened", "channel": "WhatsApp"}, NoEnd.GOING_ON),
        ({"event_type": "meeting.ended", "channel": "video"}, NoEnd.UNJUDGED),
        ({"event_type": "call.completed"}, NoEnd.UNJUDGED),
        ({"event_type": "call.Ended"}, NoEnd.UNJUDGED),
        ({"event_type": "conversation.opened"}, NoEnd.UNJUDGED),
        ({"event_type": {"name": "call.summary"}}, NoEnd.UNJUDGED),
        ({"event_type": None}, NoEnd.UNJUDGED),
    ],
)
def test_other_events_are_ignored_by_reason(
    workspace: WorkspaceConfig, changes: dict[str, Any], why: NoEnd
) -> None:
    assert read(workspace, event() | changes) is why


@pytest.mark.parametrize(
    ("answered_by", "ending", "names"),
    [
        ("Asha", Ending.CONNECTED, ["Asha"]),
        ("agent", Ending.CONNECTED, ["Ravi"]),
        ("voicemail", Ending.VOICEMAIL, []),
        ("", Ending.MISSED, []),
    ],
)
def test_a_role_is_no_agent_in_version_1(
    workspace: WorkspaceConfig, answered_by: str, ending: Ending, names: list[str]
) -> None:
    data = {"call_id": "mo-1", "from": "+919876543210", "duration_sec": 30, "agent": "Ravi"}
    body = {"id": "evt_1", "type": "call.completed", "created_at": "2026-01-05T10:14:20Z"}

    taken = read(workspace, body | {"data": data | {"answered_by": answered_by}})

    assert isinstance(taken, IntakeReport)
    found = taken.report.interaction
    assert (found.ending, [leg.agent_name for leg in found.legs]) == (ending, names)


def test_the_name_of_an_event_is_the_same_in_any_case(workspace: WorkspaceConfig) -> None:
    assert isinstance(read(workspace, event("Call.Summary", **ANSWERED)), IntakeReport)


def test_an_event_of_version_1_that_may_be_the_end_is_not_taken_for_the_beginning(
    workspace: WorkspaceConfig,
) -> None:
    body = {"id": "evt_1", "created_at": "2026-01-05T10:14:20Z", "data": {"call_id": "mo-1"}}

    assert read(workspace, body | {"type": "call.initiated"}) is NoEnd.GOING_ON
    assert read(workspace, body | {"type": "call.completed"}) is NoEnd.UNJUDGED
