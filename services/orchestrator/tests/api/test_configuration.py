"""Configuration and keys over the API, and who may do what."""

from typing import Any

import pytest

from orchestrator.testing import documents, until


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("reader", "PUT", "/v1/config", 403),
        ("reader", "PUT", "/v1/consent", 403),
        ("consenter", "GET", "/v1/flows", 403),
        ("configurer", "POST", "/v1/keys", 403),
        ("nobody", "GET", "/v1/flows", 401),
        ("reader", "GET", "/v1/flows?workspace=other", 403),
        ("operator", "GET", "/v1/flows", 422),
        ("operator", "GET", "/v1/flows?workspace=acme", 200),
        ("operator", "GET", "/v1/flows?workspace=nowhere", 404),
        ("reader", "GET", "/v1/decisions/x", 422),
        ("reader", "GET", "/v1/decisions?source=pbx", 422),
        ("reader", "GET", "/v1/decisions?source=pbx&call_id=never", 404),
        ("reader", "GET", "/v1/invitations/00000000-0000-0000-0000-000000000000", 404),
        ("reader", "GET", "/v1/contacts?address=12", 422),
        ("reader", "GET", "/v1/contacts?address=%2B12025550199", 404),
        ("admin", "DELETE", "/v1/keys/never", 404),
        ("admin", "DELETE", "/v1/keys/stranger", 404),
    ],
)
async def test_who_may_do_what(acme: Any, key: str, method: str, path: str, status: int) -> None:
    assert (await acme.ask(key, method, path)).status_code == status


async def test_configuration_over_the_api(api: Any) -> None:
    dry = await api.ask("configurer", "PUT", "/v1/config?dry_run=true", json=documents())
    applied = await api.ask("operator", "PUT", "/v1/config", json=documents())
    assert dry.json()["changes"] == applied.json()["changes"]
    assert dry.json()["version"] is None
    assert applied.json()["workspace"] == "acme"

    exported = (await api.ask("configurer", "GET", "/v1/config")).json()
    assert exported == documents()
    again = await api.ask("configurer", "PUT", "/v1/config?prune=true", json=exported)
    assert again.json()["changes"] == []

    off = await api.ask("configurer", "PATCH", "/v1/flows/csat-flow", json={"enabled": False})
    assert off.json()["changes"] == [
        {"change": "changed", "kind": "flow", "id": "csat-flow", "fields": ["enabled"]}
    ]
    flows = (await api.ask("reader", "GET", "/v1/flows")).json()["flows"]
    assert [(f["id"], f["version"], f["enabled"]) for f in flows] == [("csat-flow", 2, False)]
    changes = (await api.ask("configurer", "GET", "/v1/config/changes?kind=flow&limit=1")).json()
    [change] = changes["changes"]
    assert (change["changed_by"], change["version"]) == ("configurer (configurer)", 2)
    assert changes["next"] == change["id"]
    unknown = await api.ask("configurer", "PATCH", "/v1/flows/x", json={"enabled": True})
    assert unknown.status_code == 404
    surveys = (await api.ask("reader", "GET", "/v1/surveys")).json()["surveys"]
    assert [survey["id"] for survey in surveys] == ["csat"]
    seen = (await api.ask("reader", "GET", "/v1/workspaces")).json()["workspaces"]
    assert [workspace["id"] for workspace in seen] == ["acme"]


async def test_errors_of_a_file_are_told_by_place(api: Any) -> None:
    answer = await api.ask(
        "configurer", "PUT", "/v1/config", json=documents(flow={"survey": "nps"})
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "flows.0.survey", "message": "there is no survey nps"}
    ]


async def test_keys_are_made_shown_once_and_revoked(acme: Any) -> None:
    body = {"name": "CRM", "scopes": ["read"]}
    made = (await acme.ask("admin", "POST", "/v1/keys", json=body)).json()
    assert made["workspace"] == "acme"
    headers = {"authorization": f"Bearer {made['key']}"}
    assert (await acme.client.get("/v1/flows", headers=headers)).status_code == 200

    listed = (await acme.ask("admin", "GET", "/v1/keys")).json()["keys"]
    assert {key["id"] for key in listed} == {
        made["id"], "admin", "reader", "consenter", "configurer",
    }  # fmt: skip
    assert "key" not in listed[0]
    gone = await acme.ask("admin", "DELETE", f"/v1/keys/{made['id']}")
    assert gone.status_code == 204

    async def refused() -> bool:
        answer = await acme.client.get("/v1/flows", headers=headers)
        return bool(answer.status_code == 401)

    await until(refused)


async def test_a_workspace_s_admin_makes_keys_of_that_workspace_only(acme: Any) -> None:
    body = {"name": "x", "scopes": ["admin"], "workspace": "other"}

    assert (await acme.ask("admin", "POST", "/v1/keys", json=body)).status_code == 403


async def test_health(api: Any) -> None:
    assert (await api.client.get("/livez")).status_code == 200
    assert (await api.client.get("/readyz")).status_code == 200
    assert "aftercall_decisions_total" in (await api.client.get("/metrics")).text
