"""Configuration and keys over the API, and who may do what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.config.store import Document, save
from orchestrator.testing import call_now, documents, until


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
        ("reader", "GET", "/v1/contacts?address=%2B12025550199", 404),  # no number in any URL
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
    assert changes["next_cursor"] == str(change["id"])
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
        made["id"], "admin", "reader", "consenter", "configurer", "privacy",
    }  # fmt: skip
    assert "key" not in listed[0]
    gone = await acme.ask("admin", "DELETE", f"/v1/keys/{made['id']}")
    assert gone.status_code == 204

    async def refused() -> bool:
        answer = await acme.client.get("/v1/flows", headers=headers)
        return bool(answer.status_code == 401)

    await until(refused)


async def test_a_key_ends_when_it_expires(acme: Any) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    body = {"name": "for a moment", "scopes": ["read"], "expires_at": soon}
    made = (await acme.ask("admin", "POST", "/v1/keys", json=body)).json()
    headers = {"authorization": f"Bearer {made['key']}"}

    async def refused() -> bool:
        answer = await acme.client.get("/v1/flows", headers=headers)
        return bool(answer.status_code == 401)

    await until(refused)


async def test_a_workspace_s_admin_makes_keys_of_that_workspace_only(acme: Any) -> None:
    body = {"name": "x", "scopes": ["admin"], "workspace": "other"}

    assert (await acme.ask("admin", "POST", "/v1/keys", json=body)).status_code == 403


async def test_health(api: Any) -> None:
    assert (await api.internal.get("/livez")).status_code == 200
    assert (await api.internal.get("/readyz")).status_code == 200
    assert "aftercall_decisions_total" in (await api.internal.get("/metrics")).text


NEWER = {
    ("flow", "night"): {"id": "night", "survey": "csat", "quiet_hours": "default"},
    ("survey", "words"): {
        "id": "words",
        "metric": "csat",
        "questions": [
            {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "1 to 5?"}},
            {"id": "pick", "kind": "ranking", "text": {"en": "Which?"}, "ranks": ["a"]},
        ],
    },
    ("account", "mail"): {"id": "mail", "channel": "email", "provider": "smtp"},
    ("automation", "call-back"): {"id": "call-back", "then": ["case"]},
}


async def written_by_a_newer_version(acme: Any) -> None:
    async with acme.runtime.db.transaction() as connection:
        found = [
            Document(workspace="acme", kind=kind, id=identity, body=body)
            for (kind, identity), body in NEWER.items()
        ]
        await save(connection, found, by="a newer version")


async def test_documents_say_whether_they_can_be_read_and_why_not(acme: Any) -> None:
    await written_by_a_newer_version(acme)

    listed = (await acme.ask("reader", "GET", "/v1/config/documents?readable=false")).json()
    errors = {
        (one["kind"], one["id"]): [error["field"] for error in one["errors"]]
        for one in listed["documents"]
    }
    assert errors == {
        ("account", "mail"): ["provider"],
        ("automation", "call-back"): [""],
        ("flow", "night"): ["quiet_hours"],
    }
    flows = (await acme.ask("reader", "GET", "/v1/flows")).json()["flows"]
    assert {flow["id"]: flow["readable"] for flow in flows} == {"csat-flow": True, "night": False}
    [night] = [flow for flow in flows if flow["id"] == "night"]
    assert night["document"] == NEWER["flow", "night"]
    surveys = (await acme.ask("reader", "GET", "/v1/surveys")).json()["surveys"]
    [words] = [one for one in surveys if one["id"] == "words"]
    assert words["readable"]
    assert words["passed_over"] == ["questions.1.kind", "questions.1.ranks"]
    every = (await acme.ask("reader", "GET", "/v1/config/documents?kind=survey")).json()
    assert [(one["id"], one["readable"]) for one in every["documents"]] == [
        ("csat", True), ("words", True),
    ]  # fmt: skip


async def test_the_api_mends_and_deletes_what_cannot_be_read(acme: Any) -> None:
    await written_by_a_newer_version(acme)
    ask = acme.ask

    exported = (await ask("configurer", "GET", "/v1/config")).json()
    again = await ask("configurer", "PUT", "/v1/config?prune=true", json=exported)
    assert (again.status_code, again.json()["changes"]) == (200, [])
    assert exported["automations"] == [NEWER["automation", "call-back"]]

    off = await ask("configurer", "PATCH", "/v1/flows/csat-flow", json={"enabled": False})
    assert off.status_code == 200
    on = await ask("configurer", "PATCH", "/v1/flows/night", json={"enabled": True})
    assert (on.status_code, on.json()["errors"][0]["field"]) == (422, "flow.quiet_hours")
    refused = await ask(
        "configurer", "PUT", "/v1/config", json={"automations": [{"id": "call-back"}]}
    )
    assert refused.status_code == 422

    mended = {"flows": [{"id": "night", "survey": "csat"}]}
    assert (await ask("configurer", "PUT", "/v1/config", json=mended)).status_code == 200
    del exported["accounts"][[one["id"] for one in exported["accounts"]].index("mail")]
    del exported["automations"]
    exported["flows"] = [documents()["flows"][0]]
    pruned = await ask("configurer", "PUT", "/v1/config?prune=true", json=exported)
    gone = [(one["kind"], one["id"]) for one in pruned.json()["changes"]]
    assert set(gone) == {("account", "mail"), ("flow", "night"), ("flow", "csat-flow")}
    left = (await ask("reader", "GET", "/v1/config/documents?kind=automation")).json()
    assert [one["id"] for one in left["documents"]] == ["call-back"]


async def test_what_cannot_be_read_is_on_the_metrics_by_kind(acme: Any) -> None:
    await written_by_a_newer_version(acme)
    await acme.ended(call_now())  # so it looks at its configuration

    async def told() -> bool:
        text = (await acme.internal.get("/metrics")).text
        return all(
            f'aftercall_config_unreadable_documents{{kind="{kind}"}} {count}.0' in text
            for kind, count in {"flow": 1, "account": 1, "survey": 0}.items()
        )

    await until(told)


async def test_an_operator_makes_a_key_of_the_workspace_that_the_query_names(acme: Any) -> None:
    body = {"name": "for acme", "scopes": ["read"]}
    made = await acme.ask("operator", "POST", "/v1/keys?workspace=acme", json=body)

    assert made.json()["workspace"] == "acme"
    listed = (await acme.ask("operator", "GET", "/v1/keys?workspace=acme")).json()["keys"]
    assert made.json()["id"] in {key["id"] for key in listed}
    assert {key["workspace"] for key in listed} == {"acme"}


@pytest.mark.parametrize(
    ("query", "named"),
    [("?workspace=nowhere", None), ("", "nowhere"), ("?workspace=acme", "other")],
)
async def test_a_key_of_no_workspace_or_of_two_is_refused(
    acme: Any, query: str, named: str | None
) -> None:
    body = {"name": "x", "scopes": ["read"]} | ({"workspace": named} if named else {})
    refused = await acme.ask("operator", "POST", f"/v1/keys{query}", json=body)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "workspace"
