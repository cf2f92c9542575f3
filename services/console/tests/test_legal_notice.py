"""Before a person switches a flow on, somebody has acknowledged the legal notice."""

import json
from typing import Any

import pytest

from console.domain.people import Role
from orchestrator.domain.configuring.legal_notice import Notice
from orchestrator.testing import documents

FLOW = "/console/flows/csat-flow"
NOTICE = "/console/legal-notice"


@pytest.fixture
async def off(site: Any) -> Any:
    """A flow that is switched off."""
    body = documents(flow={"enabled": False})
    answer = await site.http.put("/v1/config", json=body, headers=site.key())
    assert answer.status_code == 200, answer.text
    return site


async def _is_on(site: Any) -> bool:
    found = await site.http.get("/v1/config/documents/flow/csat-flow", headers=site.key())
    on: bool = found.json()["enabled"]
    return on


async def test_a_flow_goes_on_when_the_notice_is_read_and_at_once_ever_after(off: Any) -> None:
    await off.sign_in()
    assert "an admin acknowledges" in (await off.page("/console/flows")).text
    led = await off.post(FLOW, enabled="true")
    assert led.headers["location"] == f"{NOTICE}?flow=csat-flow"
    assert await _is_on(off) is False

    page = await off.page(NOTICE, flow="csat-flow")
    assert "answers for it that these laws are kept" in page.text
    unread = await off.submit(page, NOTICE)
    assert (unread.status_code, await _is_on(off)) == (422, False)
    done = await off.submit(page, NOTICE, read="yes")
    assert done.headers["location"] == "/console/flows"
    assert await _is_on(off) is True

    told = await off.page(NOTICE)
    assert "ann@acme.example" in told.text
    assert "is acknowledged" in (await off.page("/console/flows")).text
    await off.post(FLOW, enabled="false")
    again = await off.post(FLOW, enabled="true")
    assert (again.headers["location"], await _is_on(off)) == ("/console/flows", True)
    log = await off.http.get("/v1/config/changes?kind=legal_notice", headers=off.key())
    assert [one["changed_by"].split()[0] for one in log.json()["changes"]] == ["ann@acme.example"]


async def test_no_other_page_is_a_way_around_it(off: Any) -> None:
    await off.sign_in()
    on = json.dumps(documents()["flows"][0])
    path = "/console/documents/flow/csat-flow"
    saved = await off.submit(await off.page(path), path, document=on)
    assert saved.status_code == 409
    assert "Read and acknowledge it first" in saved.text
    assert await _is_on(off) is False


async def test_a_text_that_changed_meanwhile_is_not_acknowledged(off: Any) -> None:
    await off.sign_in()
    answer = await off.post(NOTICE, version="another", read="yes", flow="csat-flow")
    assert (answer.status_code, await _is_on(off)) == (409, False)


async def test_an_analyst_reads_it_and_acknowledges_nothing(off: Any) -> None:
    await off.sign_in(role=Role.ANALYST)
    page = await off.page(NOTICE)
    assert "an admin can" in page.text
    assert NOTICE not in [address for address, _ in page.forms]
    answer = await off.post(NOTICE, version="x", read="yes")
    assert answer.status_code == 403


async def test_who_acknowledged_it_is_among_the_changes_and_not_taken_back(off: Any) -> None:
    await off.sign_in()
    await off.submit(await off.page(NOTICE), NOTICE, read="yes")
    version = Notice().version
    page = await off.page("/console/changes", id=version)
    assert f"Legal notice {version} added" in page.text
    assert [address for address, _ in page.forms if address.endswith("/undo")] == []
