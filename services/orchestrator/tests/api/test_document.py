"""One document by itself, and two people who edit the same one."""

from typing import Any

import pytest

from orchestrator.testing import documents

FLOW = "/v1/config/documents/flow/csat-flow"


async def test_a_document_is_read_changed_and_removed_by_itself(acme: Any) -> None:
    read = await acme.ask("configurer", "GET", FLOW)
    assert read.json() == documents()["flows"][0]

    changed = read.json() | {"delay": "5m"}
    seen = {"If-Match": read.headers["etag"]}
    wrote = await acme.ask("configurer", "PUT", FLOW, json=changed, headers=seen)
    assert wrote.json()["changes"] == [
        {"change": "changed", "kind": "flow", "id": "csat-flow", "fields": ["delay"]}
    ]
    again = await acme.ask("configurer", "GET", FLOW)
    assert again.json() == changed

    removed = await acme.ask("configurer", "DELETE", FLOW)
    assert [one["change"] for one in removed.json()["changes"]] == ["removed"]
    assert (await acme.ask("configurer", "GET", FLOW)).status_code == 404
    log = (await acme.ask("configurer", "GET", "/v1/config/changes?kind=flow")).json()["changes"]
    assert (log[0]["before"]["delay"], log[0]["after"]) == ("5m", None)


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(acme: Any) -> None:
    read = await acme.ask("configurer", "GET", FLOW)
    seen = {"If-Match": read.headers["etag"]}
    await acme.ask("configurer", "PATCH", "/v1/flows/csat-flow", json={"enabled": False})

    late = await acme.ask("configurer", "PUT", FLOW, json=read.json(), headers=seen)
    gone = await acme.ask("configurer", "DELETE", FLOW, headers=seen)
    assert (late.status_code, gone.status_code) == (412, 412)
    assert (await acme.ask("configurer", "GET", FLOW)).json()["enabled"] is False

    now = {"If-Match": (await acme.ask("configurer", "GET", FLOW)).headers["etag"]}
    wrote = await acme.ask("configurer", "PUT", FLOW, json=read.json(), headers=now)
    assert wrote.status_code == 200


async def test_a_new_document_takes_the_place_of_none(acme: Any) -> None:
    new = {"survey": "csat", "enabled": False}
    anew = {"If-None-Match": "*"}
    path = "/v1/config/documents/flow/evenings"
    nothing = await acme.ask("configurer", "PUT", path, json=new, headers={"If-Match": "*"})
    first = await acme.ask("configurer", "PUT", path, json=new, headers=anew)
    second = await acme.ask("configurer", "PUT", path, json=new, headers=anew)
    assert [one.status_code for one in (nothing, first, second)] == [412, 200, 412]
    assert (await acme.ask("configurer", "GET", path)).json() == {"id": "evenings", **new}


async def test_a_part_of_a_document_is_changed(acme: Any) -> None:
    await acme.ask("configurer", "PATCH", FLOW, json={"delay": "5m", "days": {"weekends": False}})
    read = await acme.ask("configurer", "GET", FLOW)
    seen = {"If-Match": read.headers["etag"]}
    part = {"delay": None, "days": {"holidays": False}, "priority": 3}

    wrote = await acme.ask("configurer", "PATCH", FLOW, json=part, headers=seen)

    assert wrote.json()["changes"][0]["fields"] == ["days.holidays", "delay", "priority"]
    days = {"weekends": False, "holidays": False}
    now = documents()["flows"][0] | {"days": days, "priority": 3}
    assert (await acme.ask("configurer", "GET", FLOW)).json() == now
    late = await acme.ask("configurer", "PATCH", FLOW, json={"delay": "1m"}, headers=seen)
    assert late.status_code == 412
    wrong = await acme.ask("configurer", "PATCH", FLOW, json={"delay": "soon", "survey": "nps"})
    assert [one["field"] for one in wrong.json()["errors"]] == ["delay"]
    nothing = "/v1/config/documents/flow/none"
    assert (await acme.ask("configurer", "PATCH", nothing, json={})).status_code == 404


async def test_a_document_is_as_it_was_again(acme: Any) -> None:
    await acme.ask("configurer", "PATCH", FLOW, json={"delay": "5m"})
    await acme.ask("configurer", "PATCH", FLOW, json={"delay": "1h", "name": "Later"})
    log = (await acme.ask("configurer", "GET", "/v1/config/changes?kind=flow&id=csat-flow")).json()
    versions = [one["version"] for one in log["changes"]]
    wanted = {"version": versions[1]}
    place = f"{FLOW}/restore"

    told = await acme.ask("configurer", "POST", f"{place}?dry_run=true", json=wanted)
    assert told.json()["changes"][0]["fields"] == ["delay", "name"]
    stale = await acme.ask("configurer", "POST", place, json=wanted, headers={"If-Match": '"x"'})
    assert stale.status_code == 412
    await acme.ask("configurer", "POST", place, json=wanted)
    assert (await acme.ask("configurer", "GET", FLOW)).json()["delay"] == "5m"

    await acme.ask("configurer", "DELETE", FLOW)
    await acme.ask("configurer", "POST", place, json={"version": versions[-1]})
    assert (await acme.ask("configurer", "GET", FLOW)).json() == documents()["flows"][0]
    gone = await acme.ask("configurer", "POST", place, json={"version": versions[0] + 2})
    never = await acme.ask("configurer", "POST", place, json={"version": 99})
    assert (gone.status_code, never.status_code) == (404, 404)


async def test_a_dry_run_of_a_document_stores_nothing(acme: Any) -> None:
    body = {"survey": "csat", "delay": "1h"}
    told = await acme.ask("configurer", "PUT", f"{FLOW}?dry_run=true", json=body)
    assert (told.json()["dry_run"], told.json()["version"]) == (True, None)
    assert (await acme.ask("configurer", "GET", FLOW)).json() == documents()["flows"][0]


@pytest.mark.parametrize(
    ("path", "body", "status", "places"),
    [
        (FLOW, {"survey": "nps"}, 422, ["survey"]),
        (FLOW, {"survey": "csat", "when": {"directions": ["up"]}}, 422, ["when.directions.0"]),
        (FLOW, {"survey": "csat", "delay": "soon"}, 422, ["delay"]),
        (FLOW, {"id": "other", "survey": "csat"}, 422, [""]),
        # What is not written is refused, rather than kept without a meaning.
        (FLOW, {"survey": "csat", "version": 99}, 422, ["version"]),
        (FLOW, {"survey": "csat", "enabled_since": "2020-01-01T00:00:00Z"}, 422, ["enabled_since"]),
        (FLOW, ["csat"], 422, []),
        ("/v1/config/documents/pigeon/x", {}, 404, []),
    ],
)
async def test_errors_are_told_by_their_place_in_the_document(
    acme: Any, path: str, body: Any, status: int, places: list[str]
) -> None:
    answer = await acme.ask("configurer", "PUT", path, json=body)
    assert answer.status_code == status, answer.text
    assert [one["field"] for one in answer.json().get("errors", [])] == places


@pytest.mark.parametrize("word", [1, 0, "yes", "on", "true", "off", "no", "false"])
async def test_a_flow_is_switched_by_true_and_false_and_no_other_word(acme: Any, word: Any) -> None:
    """What looks at it as it is written must not mean another thing than what reads it."""
    for method, body in (("PATCH", {}), ("PUT", {"survey": "csat"})):
        answer = await acme.ask(
            "configurer", method, FLOW, json={**body, "delay": "7m", "enabled": word}
        )
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == ["enabled"]


async def test_what_another_document_needs_is_not_removed(acme: Any) -> None:
    survey = await acme.ask("configurer", "DELETE", "/v1/config/documents/survey/csat")
    workspace = await acme.ask("configurer", "DELETE", "/v1/config/documents/workspace/acme")
    nothing = await acme.ask("configurer", "DELETE", "/v1/config/documents/flow/never")
    assert (survey.status_code, workspace.status_code, nothing.status_code) == (422, 422, 404)
    assert survey.json()["errors"][0]["message"] == "there is no survey csat"


async def test_a_document_of_another_workspace_is_not_there(acme: Any) -> None:
    await acme.ask("operator", "PUT", "/v1/config", json={"workspaces": [{"id": "other"}]})
    own = "/v1/config/documents/workspace/other"
    assert (await acme.ask("operator", "GET", f"{own}?workspace=other")).status_code == 200
    for method in ("GET", "PUT", "DELETE"):
        theirs = await acme.ask("configurer", method, f"{own}?workspace=other", json={})
        hidden = await acme.ask("configurer", method, own, json={"name": "Mine"})
        assert theirs.status_code == 403
        assert hidden.status_code in (404, 422)
    assert (await acme.ask("reader", "GET", FLOW)).status_code == 403
