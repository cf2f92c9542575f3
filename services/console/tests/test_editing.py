"""What is configured, changed on pages: by whom, over what, and back again."""

import json
from typing import Any

import pytest

from console.domain.people import Role
from orchestrator.domain.configuring.legal_notice import Notice
from orchestrator.testing import LINE, documents

EDIT = "/console/flows/csat-flow/edit"


@pytest.fixture
async def acme(site: Any) -> Any:
    """A flow, and Ann who administers it."""
    answer = await site.http.put("/v1/config", json=documents(), headers=site.key())
    assert answer.status_code == 200, answer.text
    read = {"version": Notice().version}
    path = "/v1/legal-notice/acknowledgements"
    assert (await site.http.post(path, json=read, headers=site.key())).status_code == 200
    await site.sign_in()
    return site


async def stored(site: Any, kind: str = "flow", identity: str = "csat-flow") -> Any:
    answer = await site.http.get(f"/v1/config/documents/{kind}/{identity}", headers=site.key())
    return answer.json() if answer.status_code == 200 else None


async def test_a_flow_is_edited_by_a_form(acme: Any) -> None:
    page = await acme.page(EDIT)
    answer = await acme.submit(page, EDIT, queues="billing, sales", delay="5m", do="save")
    assert answer.status_code == 303, answer.text
    assert await stored(acme) == {
        "id": "csat-flow",
        "survey": "csat",
        "enabled": True,
        "when": {"queues": ["billing", "sales"]},
        "delay": "5m",
    }


async def test_what_would_change_is_shown_and_nothing_saved(acme: Any) -> None:
    before = await stored(acme)
    answer = await acme.submit(await acme.page(EDIT), EDIT, delay="5m", do="look")
    assert answer.status_code == 200
    assert "nothing is saved yet" in answer.text
    assert "<td>5m</td>" in answer.text
    assert await stored(acme) == before


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(acme: Any) -> None:
    before = await stored(acme)
    filled = {"delay": "soon", "name": "Evenings", "channel_1": "ivr"}
    answer = await acme.submit(await acme.page(EDIT), EDIT, **filled, do="save")
    assert answer.status_code == 422
    assert 'id="wrong-delay"' in answer.text
    assert 'value="soon"' in answer.text
    assert 'value="Evenings"' in answer.text
    assert await stored(acme) == before


async def test_two_people_do_not_undo_one_another_unknowingly(acme: Any) -> None:
    page = await acme.page(EDIT)
    await acme.http.patch("/v1/flows/csat-flow", json={"enabled": False}, headers=acme.key())
    answer = await acme.submit(page, EDIT, delay="5m", do="save")
    assert answer.status_code == 412
    assert "Somebody changed this flow" in answer.text
    assert (await stored(acme))["enabled"] is False


async def test_a_new_flow_begins_switched_off(acme: Any) -> None:
    page = await acme.page("/console/new-flow")
    answer = await acme.submit(page, "/console/new-flow", id="evenings", delay="1h", do="save")
    assert answer.status_code == 303, answer.text
    new = {"id": "evenings", "survey": "csat", "enabled": False, "delay": "1h"}
    assert await stored(acme, identity="evenings") == new

    again = await acme.submit(page, "/console/new-flow", id="evenings", do="save")
    assert again.status_code == 412
    nameless = await acme.submit(page, "/console/new-flow", id="", do="save")
    assert nameless.status_code == 422


async def test_a_flow_is_removed_and_brought_back(acme: Any) -> None:
    before = await stored(acme)
    page = await acme.page(EDIT)
    answer = await acme.submit(page, "/console/flows/csat-flow/remove")
    assert answer.status_code == 303
    assert await stored(acme) is None

    log = await acme.page("/console/changes")
    assert "Flow csat-flow removed" in log.text
    back = await acme.submit(log, "/console/changes/")  # the newest
    assert back.status_code == 303, back.text
    assert await stored(acme) == before


async def test_the_log_says_who_changed_what_and_takes_it_back(acme: Any) -> None:
    await acme.submit(await acme.page(EDIT), EDIT, delay="5m", do="save")
    log = await acme.page("/console/changes", kind="flow", id="csat-flow")
    assert "by ann@acme.example" in log.text
    assert "delay" in log.text
    await acme.submit(log, "/console/changes/")
    assert "delay" not in await stored(acme)
    assert (await acme.post("/console/changes/999999/undo")).status_code == 404


async def test_any_document_is_edited_as_it_is(acme: Any) -> None:
    path = "/console/documents/survey/csat"
    page = await acme.page(path)
    (form,) = [fields for address, fields in page.forms if address == path]
    body = json.loads(form["document"])
    assert body == documents()["surveys"][0]

    body["questions"][0]["text"]["en"] = "{brand}: how was it, 1 to 5?"
    answer = await acme.submit(page, path, document=json.dumps(body))
    assert answer.status_code == 303, answer.text
    assert await stored(acme, "survey", "csat") == body

    for wrong, why in (("{", "not JSON"), ("[]", "mapping"), ('{"metric": "joy"}', "metric")):
        refused = await acme.submit(await acme.page(path), path, document=wrong)
        assert refused.status_code == 422, wrong
        assert why in refused.text
    assert await stored(acme, "survey", "csat") == body


async def test_a_number_is_switched_off_and_on(acme: Any) -> None:
    for wanted in (False, True):
        page = await acme.page("/console/setup")
        answer = await acme.submit(page, "/console/numbers/")
        assert answer.status_code == 303, answer.text
        assert (await stored(acme, "number", LINE.replace("+", "%2B")))["surveys"] is wanted


async def test_an_analyst_changes_nothing(site: Any) -> None:
    await site.http.put("/v1/config", json=documents(), headers=site.key())
    await site.sign_in(role=Role.ANALYST)
    before = await stored(site)
    assert "New flow" not in (await site.page("/console/flows")).text
    assert "Only admins" in (await site.page("/console/changes")).text
    for path in (EDIT, "/console/documents/survey/csat"):
        assert (await site.http.get(path)).status_code == 403
    for path in (EDIT, "/console/new-flow", "/console/flows/csat-flow/remove"):
        answer = await site.post(path, id="mine", delay="9m", do="save")
        assert answer.status_code == 403, path
    assert await stored(site) == before


async def test_a_form_without_its_secret_changes_nothing(acme: Any) -> None:
    before = await stored(acme)
    for path in (EDIT, "/console/flows/csat-flow/remove", "/console/changes/1/undo"):
        answer = await acme.http.post(path, data={"delay": "9m"})
        assert answer.status_code == 403, path
    assert await stored(acme) == before


async def test_a_flow_with_groups_of_conditions_is_shown_and_edited_around_them(acme: Any) -> None:
    grouped = {"none": [{"field": "attributes.plan", "is": "<b>trial</b>"}]}
    flow = {**await stored(acme), "when": grouped}
    await acme.http.put("/v1/config/documents/flow/csat-flow", json=flow, headers=acme.key())

    assert "none of: plan is <b>trial</b>" in (await acme.page("/console/flows")).text
    page = await acme.page(EDIT)
    assert "none of: plan is <b>trial</b>" in page.text
    assert "edit them as a document" in page.text

    answer = await acme.submit(page, EDIT, queues="billing", do="save")

    assert answer.status_code == 303, answer.text
    assert (await stored(acme))["when"] == {**grouped, "queues": ["billing"]}


async def test_what_people_get_stands_below_the_form_in_each_language(acme: Any) -> None:
    page = (await acme.http.get(EDIT)).text
    assert "Acme: rate us 1 to 5 Reply STOP to opt out." in page
    assert "1 gsm-7" in page

    spanish = (await acme.http.get(EDIT, params={"language": "es"})).text
    assert "Acme: de 1 a 5" in spanish
