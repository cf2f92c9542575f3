"""FreeSWITCH's records, whichever module, age and dialplan they are of."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.errors import BadInput
from common.events.calls import Interaction
from common.events.values import Direction, Ending
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service.reading import ConfiguredSource, read_report

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
SOURCE = parse_document("source", {"id": "fs", "vendor": "freeswitch", "region": "US"})
MEMBER, AGENT = "0b8e2f4a-5a0b-4a52-9d6c-000000000001", "0b8e2f4a-5a0b-4a52-9d6c-000000000002"
CUSTOMER, LINE = "+12025550101", "12025550190"
TIMES = {"bridged_time": "1767607831000000", "hangup_time": "1767608060001000"}


def cdr(
    *, direction: str = "inbound", caller: str = CUSTOMER, called: str = LINE, **changes: Any
) -> dict[str, Any]:
    """A call that extension 1001 answered. `profile` adds to its profile, the rest to variables."""
    profile = {"caller_id_number": caller, "destination_number": called, "uuid": MEMBER}
    profile |= {"originatee": answered_by("1001")} | changes.pop("profile", {})
    variables = {
        "uuid": MEMBER,
        "hangup_cause": "NORMAL_CLEARING",
        "start_epoch": "1767607822",
        "bridge_epoch": "1767607831",
        "end_epoch": "1767608060",
        "bridge_uuid": AGENT,
        "last_app": "bridge",
        "last_arg": "user/1001@pbx.example.com",
    }
    return {
        "channel_data": {"direction": direction},
        "variables": variables | changes,
        "callflow": [{"caller_profile": profile, "times": TIMES}],
    }


def answered_by(number: str, **more: str) -> dict[str, Any]:
    rang = {"destination_number": "1009", "uuid": "0b8e2f4a-5a0b-4a52-9d6c-000000000009"}
    answered = {"destination_number": number, "uuid": AGENT} | more
    return {"originatee_caller_profiles": [rang, answered]}


def read(workspace: WorkspaceConfig, body: dict[str, Any] | bytes) -> Interaction | NoEnd:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    taken = read_report(
        Inbound(raw), ConfiguredSource(workspace, SOURCE), pepper=b"of the tests", now=NOW
    )
    return taken if isinstance(taken, NoEnd) else taken.report.interaction


def call(workspace: WorkspaceConfig, body: dict[str, Any] | bytes) -> Interaction:
    found = read(workspace, body)
    assert isinstance(found, Interaction)
    return found


def test_the_agent_is_who_answered_not_who_only_rang(workspace: WorkspaceConfig) -> None:
    found = call(workspace, cdr())

    assert [leg.agent_id for leg in found.legs] == ["1001"]
    assert (found.address, found.direction) == (CUSTOMER, Direction.INBOUND)


def test_an_agent_whom_the_queue_knows_by_a_key_has_the_extension(
    workspace: WorkspaceConfig,
) -> None:
    fusion = cdr(cc_agent="f3a1c9de-0000-4000-8000-00000000aaaa", cc_queue="8000@pbx.example.com")

    assert [(leg.agent_id, leg.queue) for leg in call(workspace, fusion).legs] == [("1001", "8000")]


def test_the_callflow_of_older_versions_is_an_object(workspace: WorkspaceConfig) -> None:
    older = cdr()
    older["callflow"] = older["callflow"][0]

    assert call(workspace, older) == call(workspace, cdr())


def test_a_call_that_a_dialler_places_is_a_call(workspace: WorkspaceConfig) -> None:
    dialled = cdr(direction="outbound", caller=LINE, called="2025550101")

    found = call(workspace, dialled)

    assert (found.address, found.direction) == (CUSTOMER, Direction.OUTBOUND)
    assert (found.ending, [leg.agent_id for leg in found.legs]) == (Ending.CONNECTED, ["1001"])


def test_click_to_dial_calls_the_agent_first_and_then_the_customer(
    workspace: WorkspaceConfig,
) -> None:
    profile = {"originatee": answered_by("2025550101")}

    found = call(workspace, cdr(direction="outbound", caller=LINE, called="1001", profile=profile))

    assert (found.address, found.direction) == (CUSTOMER, Direction.OUTBOUND)
    assert [leg.agent_id for leg in found.legs] == ["1001"]


ORIGINATOR = {"originator_caller_profiles": [{"uuid": MEMBER}]}
OTHERS: dict[str, dict[str, Any]] = {
    "placed by another leg": cdr(profile={"originator": ORIGINATOR}),
    "placed for another leg": cdr(direction="outbound", originating_leg_uuid=MEMBER),
    "called by the queue": cdr(direction="outbound", called="1001", cc_side="agent"),
    "an end of a loopback": cdr(direction="outbound", channel_name="loopback/1001-b"),
    "joined with the customer's leg": cdr(
        direction="outbound", called="1001", signal_bond=AGENT, profile={"originatee": {}}
    ),
}


@pytest.mark.parametrize("leg", OTHERS.values(), ids=OTHERS)
def test_an_agents_leg_is_counted_as_one(workspace: WorkspaceConfig, leg: dict[str, Any]) -> None:
    assert read(workspace, leg) is NoEnd.OTHER_LEG


@pytest.mark.parametrize(
    "changes",
    [
        {"last_app": "voicemail"},
        {"last_arg": "loopback/app=voicemail:default pbx.example.com 1001"},
        {"profile": {"originatee": answered_by("app=voicemail:default pbx.example.com 1001")}},
        {"profile": {"originatee": answered_by("1001", chan_name="loopback/app=voicemail-a")}},
    ],
)
def test_a_mailbox_is_nobody_to_talk_with(
    workspace: WorkspaceConfig, changes: dict[str, Any]
) -> None:
    found = call(workspace, cdr(**changes))

    assert (found.ending, found.legs, found.talk_seconds) == (Ending.VOICEMAIL, (), None)


@pytest.mark.parametrize(
    ("history", "transfers"),
    [
        ("1767607823:a:bl_xfer:8000/default/XML", 0),
        ("1767607823:a:bl_xfer:8000/default/XML|:1767607900:b:att_xfer:1001@1002", 1),
        ("ARRAY::1767607900:a:bl_xfer:1002/default/XML|:1767607950:b:bl_xfer:1003/default/XML", 2),
        (["1767607900:a:bl_xfer:1002/default/XML"], 1),
        ("", 0),
    ],
)
def test_transfers_count_from_when_somebody_answered(
    workspace: WorkspaceConfig, history: object, transfers: int
) -> None:
    assert call(workspace, cdr(transfer_history=history)).transfers == transfers


def test_the_record_may_travel_in_any_of_its_ways(workspace: WorkspaceConfig) -> None:
    body = cdr(last_arg=quote("user/1001@pbx.example.com"), note=quote('"Asha" <+1202>'))
    text = json.dumps(body)
    ways = {
        "json": text.encode(),
        "marked": b"\xef\xbb\xbf" + text.encode(),
        "form, raw": b"cdr=" + text.encode(),
        "form, encoded": b"cdr=" + quote(text).encode(),
        "form, base64": b"cdr=" + base64.b64encode(text.encode()),
        "form, base64 escaped": b"cdr=" + quote(base64.b64encode(text.encode()), safe="").encode(),
        "xml": as_xml(body).encode(),
        "xml in Latin-1": as_xml(body, note="Ren\xe9").encode("latin-1"),
        "form, xml": b"cdr=" + quote(as_xml(body)).encode(),
        "a bare nan": text.replace('"note":', '"mos":nan,"note":').encode(),
    }

    found = {way: call(workspace, raw) for way, raw in ways.items()}

    assert {way for way, one in found.items() if one != found["json"]} == set()
    assert [leg.agent_id for leg in found["xml"].legs] == ["1001"]


def as_xml(body: dict[str, Any], note: str = "") -> str:
    """As mod_xml_cdr writes it: profiles stand by themselves, not in a list."""
    variables = "".join(f"<{k}>{quote(str(v))}</{k}>" for k, v in body["variables"].items())
    profile = body["callflow"][0]["caller_profile"]
    plain = "".join(f"<{k}>{v}</{k}>" for k, v in profile.items() if isinstance(v, str))
    called = "".join(
        "<originatee_caller_profile>"
        + "".join(f"<{k}>{v}</{k}>" for k, v in one.items())
        + "</originatee_caller_profile>"
        for one in profile["originatee"]["originatee_caller_profiles"]
    )
    return (
        '<?xml version="1.0"?>\n<cdr core-uuid="6d1f">'
        f"<channel_data><direction>inbound</direction></channel_data><variables>{variables}"
        f"<note2>{note}</note2></variables>"
        '<app_log><application app_name="bridge"></application></app_log>'
        f'<callflow dialplan="XML"><caller_profile>{plain}<originatee>{called}</originatee>'
        f"</caller_profile><times><bridged_time>{TIMES['bridged_time']}</bridged_time></times>"
        "</callflow></cdr>"
    )


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><cdr>&b;</cdr>',
        b'<!DOCTYPE c SYSTEM "file:///etc/passwd"><cdr/>',
        b"<cdr>" * 100,
        b"<cdr><open></cdr>",
        b"<cdr/>",
        b"<other><variables/></other>",
    ],
)
def test_xml_that_is_no_record_is_refused(workspace: WorkspaceConfig, raw: bytes) -> None:
    with pytest.raises(BadInput):
        read(workspace, raw)
