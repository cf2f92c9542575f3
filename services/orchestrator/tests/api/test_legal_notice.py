"""The legal notice: who acknowledged which text, when, and what waits for it."""

from typing import Any

import pytest

from common.process.tokens import LASTS, Claims, token
from common.time import utc_now
from orchestrator.domain.configuring.legal_notice import TEXT, Notice
from orchestrator.service.configuration.notices import Notices
from orchestrator.testing import PEPPER, documents

NOTICE = "/v1/legal-notice"
ACKNOWLEDGEMENTS = f"{NOTICE}/acknowledgements"
FLOW = "/v1/flows/csat-flow"
DOCUMENT = "/v1/config/documents/flow/csat-flow"
VERSION = Notice().version
ON, OFF = {"enabled": True}, {"enabled": False}


async def as_ann(api: Any, method: str, path: str, **request: Any) -> Any:
    """As the console asks for somebody who is signed in."""
    until = utc_now() + LASTS
    claims = Claims(id="1", name="ann", workspace="acme", scopes=("admin",), until=until)
    headers = {"authorization": f"Bearer {token(claims, pepper=PEPPER)}"}
    return await api.client.request(method, path, headers=headers, **request)


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_ORCHESTRATOR_LEGAL_NOTICE_REQUIRED", "true")


async def test_it_is_acknowledged_once_and_who_was_first_stays(acme: Any) -> None:
    before = (await acme.ask("reader", "GET", NOTICE)).json()
    assert (before["text"], before["version"]) == (TEXT, VERSION)
    assert (before["acknowledged"], before["acknowledgements"]) == (False, [])

    first = await as_ann(acme, "POST", ACKNOWLEDGEMENTS, json={"version": VERSION})
    again = await acme.ask("configurer", "POST", ACKNOWLEDGEMENTS, json={"version": VERSION})

    assert first.json() == again.json()
    assert first.json()["acknowledged"] is True
    (one,) = first.json()["acknowledgements"]
    assert (one["acknowledged_by"], one["version"], one["text"]) == ("ann (1)", VERSION, TEXT)
    log = await acme.ask("configurer", "GET", "/v1/config/changes?kind=legal_notice")
    assert [line["after"] for line in log.json()["changes"]] == [{"text": TEXT}]


async def test_nobody_acknowledges_a_text_that_is_not_in_force(acme: Any) -> None:
    wrong = await acme.ask("configurer", "POST", ACKNOWLEDGEMENTS, json={"version": "older"})
    assert wrong.status_code == 409
    assert (await acme.ask("reader", "GET", NOTICE)).json()["acknowledged"] is False


async def test_it_is_that_of_a_workspace_there_is(acme: Any) -> None:
    await acme.ask("configurer", "POST", ACKNOWLEDGEMENTS, json={"version": VERSION})
    other = await acme.ask("stranger", "GET", NOTICE)
    assert other.json()["acknowledged"] is False
    nowhere = f"{ACKNOWLEDGEMENTS}?workspace=nowhere"
    none = await acme.ask("operator", "POST", nowhere, json={"version": VERSION})
    assert none.status_code == 404
    assert (await acme.ask("operator", "GET", f"{NOTICE}?workspace=nowhere")).status_code == 404


async def test_another_text_is_acknowledged_anew_and_the_old_one_is_kept(acme: Any) -> None:
    older = Notice("Mind the law.")
    await Notices(acme.runtime.db, older).acknowledge("acme", older.version, by="ann")
    told = (await acme.ask("reader", "GET", NOTICE)).json()
    assert told["acknowledged"] is False
    assert [one["text"] for one in told["acknowledgements"]] == ["Mind the law."]
    await acme.ask("configurer", "PATCH", FLOW, json=OFF)
    assert (await as_ann(acme, "PATCH", FLOW, json=ON)).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("PATCH", FLOW, ON, "flow.enabled"),
        ("PATCH", DOCUMENT, ON, "enabled"),
        ("PUT", DOCUMENT, documents()["flows"][0], "enabled"),
        ("POST", f"{DOCUMENT}/restore", {"version": 1}, "enabled"),
        ("PUT", "/v1/config", documents(), "flows.0.enabled"),
    ],
)
async def test_a_person_switches_no_flow_on_before_it(
    acme: Any, method: str, path: str, body: Any, place: str
) -> None:
    await acme.ask("configurer", "PATCH", FLOW, json=OFF)

    held = await as_ann(acme, method, path, json=body)

    assert held.status_code == 409
    assert [one["field"] for one in held.json()["errors"]] == [place]
    assert (await acme.ask("configurer", "GET", DOCUMENT)).json()["enabled"] is False
    await as_ann(acme, "POST", ACKNOWLEDGEMENTS, json={"version": VERSION})
    assert (await as_ann(acme, method, path, json=body)).status_code == 200
    assert (await acme.ask("configurer", "GET", DOCUMENT)).json()["enabled"] is True


async def test_what_switches_no_flow_on_waits_for_nothing(acme: Any) -> None:
    """A flow that a key switched on is edited and switched off."""
    edited = await as_ann(acme, "PATCH", DOCUMENT, json={"delay": "5m"})
    off = await as_ann(acme, "PATCH", FLOW, json=OFF)
    edited_off = await as_ann(acme, "PATCH", DOCUMENT, json={"delay": "7m"})
    assert [one.status_code for one in (edited, off, edited_off)] == [200, 200, 200]


async def test_what_would_be_held_is_said_before(acme: Any) -> None:
    await acme.ask("configurer", "PATCH", FLOW, json=OFF)
    looked = await as_ann(acme, "PATCH", f"{DOCUMENT}?dry_run=true", json=ON)
    assert looked.status_code == 200
    assert [one["field"] for one in looked.json()["warnings"]] == ["enabled"]


@pytest.mark.usefixtures("required")
async def test_where_the_operator_requires_it_keys_wait_for_it_too(api: Any) -> None:
    held = await api.ask("configurer", "PUT", "/v1/config", json=documents())
    assert held.status_code == 409
    assert [one["field"] for one in held.json()["errors"]] == ["flows.0.enabled"]
    off = documents(flow=OFF)
    assert (await api.ask("configurer", "PUT", "/v1/config", json=off)).status_code == 200
    assert (await api.ask("reader", "GET", NOTICE)).json()["required"] is True
    path = f"{ACKNOWLEDGEMENTS}?workspace=acme"
    await api.ask("operator", "POST", path, json={"version": VERSION})
    applied = await api.ask("configurer", "PUT", "/v1/config", json=documents())
    assert applied.status_code == 200
