"""What a workspace's own key must not do: read the server, send elsewhere, pass ceilings."""

from copy import deepcopy
from typing import Any

import pytest

from common.config import ConfigReader
from common.process.runtime import secrets_of
from common.process.settings import CommonSettings
from orchestrator.testing import documents

VALUE = "0123456789abcdef of the provider"


def account(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = deepcopy(documents())
    body["accounts"][0] |= changes
    return body


def source(**changes: Any) -> dict[str, Any]:
    one = {"id": "acme", "vendor": "aircall", **changes}
    return {**deepcopy(documents()), "sources": [one]}


async def errors(api: Any, body: dict[str, Any], *, key: str = "configurer") -> dict[str, str]:
    answer = await api.ask(key, "PUT", "/v1/config", json=body)
    if answer.status_code == 200:
        return {}
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


@pytest.mark.parametrize(
    "reference",
    [
        *("env:AFTERCALL_DATABASE_URL", "env:AFTERCALL_SECRET_OF_ANOTHER", "env:PATH"),
        *("file:/proc/self/environ", "file:/etc/passwd", "file:token"),
    ],
)
async def test_references_to_the_server_are_the_operators(api: Any, reference: str) -> None:
    assert (
        "operator's key"
        in (await errors(api, account(auth_token=reference)))["accounts.0.auth_token"]
    )
    for field in ("secrets", "signing_secrets"):
        told = await errors(api, source(**{field: [reference]}))
        assert "operator's key" in told[f"sources.0.{field}.0"]


async def test_a_reference_that_an_operator_wrote_stays_where_it_is(api: Any) -> None:
    """Its account may be changed otherwise; it is not copied to another, nor sent elsewhere."""
    given = account(auth_token="env:AFTERCALL_SECRET_ACME")
    assert await errors(api, given, key="operator") == {}

    assert await errors(api, given | {"flows": []}) == {}
    copied = deepcopy(given)
    copied["accounts"].append(
        given["accounts"][0] | {"id": "mine", "senders": [{"number": "+16465550151"}]}
    )
    assert list(await errors(api, copied)) == ["accounts.1.auth_token"]
    moved = deepcopy(given)
    moved["accounts"][0]["base_url"] = "https://api.dublin.ie1.twilio.com"
    assert list(await errors(api, moved)) == ["accounts.0.base_url"]


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.example", "https://api.twilio.com.evil.example", "https://twilio.com"),
        *(
            "http://api.twilio.com",
            "https://api.twilio.com:8443",
            "https://api.twilio.com@evil.example",
        ),
        *(
            "https://api.twilio.com/?x=",
            "https://api.twilio.com#",
            "file:///etc/passwd",
            "gopher://x",
        ),
        *("http://169.254.169.254", "https://[::ffff:169.254.169.254]", "http://10.0.0.1", ""),
        *("https://api.twilio.com\\@evil.example", "https://api.twilio.com:x", "//api.twilio.com"),
    ],
)
async def test_not_even_an_operator_sends_to_a_host_that_is_not_allowed(
    api: Any, address: str
) -> None:
    assert "accounts.0.base_url" in await errors(api, account(base_url=address), key="operator")


async def test_where_requests_go_is_the_operators(api: Any) -> None:
    region = account(base_url="https://api.dublin.ie1.twilio.com")
    assert "operator's key" in (await errors(api, region))["accounts.0.base_url"]
    assert (
        "operator's key"
        in (await errors(api, account(base_url="http://127.0.0.1:5432")))["accounts.0.base_url"]
    )
    assert await errors(api, region, key="operator") == {}
    assert await errors(api, region | {"flows": []}) == {}  # stays as it is


@pytest.mark.parametrize("sid", ["AC1/../AC2", "AC1?x", "AC1#", "AC 1", "../x", "AC1\r\nX: y", ""])
async def test_ids_of_accounts_are_no_way_to_other_addresses(api: Any, sid: str) -> None:
    assert list(await errors(api, account(account_sid=sid))) == ["accounts.0.account_sid"]


async def test_a_secret_is_written_used_and_never_told(acme: Any) -> None:
    api = acme
    written = await api.ask("configurer", "PUT", "/v1/secrets/twilio", json={"value": VALUE})
    assert (written.status_code, written.json()) == (200, {"name": "twilio", "version": 1})
    assert await errors(api, documents()) == {}

    settings = CommonSettings()
    reader = ConfigReader(api.runtime.db)
    known = secrets_of(settings, reader)
    await reader.current()
    assert known.value("acme", "secret:twilio") == VALUE
    with pytest.raises(LookupError, match="not written yet"):
        known.value("other", "secret:twilio")

    listed = await api.ask("configurer", "GET", "/v1/secrets")
    exported = await api.ask("configurer", "GET", "/v1/config")
    log = await api.ask("configurer", "GET", "/v1/config/changes?kind=secret")
    async with api.runtime.db.connection() as connection:
        stored = await connection.fetchval("select s::text from config.secrets s")
    assert [one["name"] for one in listed.json()["secrets"]] == ["twilio"]
    assert [one["changed_by"] for one in log.json()["changes"]] == ["configurer (configurer)"]
    for text in (listed.text, exported.text, log.text, stored, written.text):
        assert VALUE not in text

    await api.ask("configurer", "PUT", "/v1/secrets/twilio", json={"value": "rotated"})
    await reader.current()
    assert known.value("acme", "secret:twilio") == "rotated"  # without a restart


async def test_secrets_are_a_workspaces_own(acme: Any) -> None:
    for key, status in (("reader", 403), ("consenter", 403), ("operator", 422)):
        put = await acme.ask(key, "PUT", "/v1/secrets/twilio", json={"value": VALUE})
        assert put.status_code == status
    await acme.ask("configurer", "PUT", "/v1/secrets/twilio", json={"value": VALUE})

    assert (await acme.ask("stranger", "GET", "/v1/secrets")).json() == {"secrets": []}
    assert (await acme.ask("stranger", "DELETE", "/v1/secrets/twilio")).status_code == 404
    ghost = await acme.ask(
        "operator", "PUT", "/v1/secrets/a?workspace=ghost", json={"value": VALUE}
    )
    assert ghost.status_code == 404
    used = await acme.ask("configurer", "DELETE", "/v1/secrets/twilio")
    assert (used.status_code, used.json()["detail"]) == (409, "The account twilio refers to it.")


@pytest.mark.parametrize("value", ["", " ", "x" * 8_193, "a\x00b", 5, None])
async def test_an_unusable_secret_is_refused_without_a_word_of_it(api: Any, value: Any) -> None:
    answer = await api.ask("configurer", "PUT", "/v1/secrets/a", json={"value": value})

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["value"]
    assert "xxxx" not in answer.text


async def test_without_a_master_key_no_secret_is_taken(api: Any) -> None:
    api.runtime.secrets.keys.keys.clear()

    answer = await api.ask("configurer", "PUT", "/v1/secrets/a", json={"value": VALUE})

    assert (answer.status_code, answer.json()["title"]) == (409, "No master key")


HUGE = "9" * 4_000


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        ("workspaces", {"caps": [{"asks": 1, "per": "0s"}]}),
        ("workspaces", {"caps": [{"asks": 1, "per": "7d"}] * 21}),
        ("workspaces", {"zone": "A" * 100_000}),
        ("workspaces", {"name": "A" * 1_001}),
        ("workspaces", {"daily_ceiling": int(HUGE)}),
        ("workspaces", {"countries": ["US"] * 301}),
        ("sources", {"settle": "99999999999d"}),
        ("sources", {"settle": "2d"}),
        ("sources", {"site": "A" * 201}),
        ("sources", {"vendor": "mapped-json", "mapping": {"colour": "x"}}),
        ("sources", {"vendor": "mapped-json", "mapping": {"id": {"path": "a" * 201}}}),
        ("sources", {"mapping": {str(n): "x" for n in range(201)}}),
        ("numbers", {"name": "A" * 201}),
        ("numbers", {"texts": {"en": {str(n): "x" for n in range(101)}}}),
        ("accounts", {"timeout": "30d"}),
        ("accounts", {"timeout": "0s"}),
        ("accounts", {"senders": [{"number": "+16465550150"}] * 1_001}),
        ("accounts", {"senders": [{"number": "+16465550150", "per_second": 1e-300}]}),
        ("accounts", {"in_flight": int(HUGE)}),
        ("surveys", {"questions": [{"id": "a", "kind": "comment", "text": {"en": "x"},
                                    "scale": [int(HUGE), 1]}]}),
        ("flows", {"expiry": "999999999d"}),
        ("flows", {"expiry": f"{HUGE}d"}),
        ("flows", {"priority": int(HUGE)}),
        ("flows", {"sampling_rate": 1e300}),
        ("flows", {"minimum_talk": "300d"}),
        ("flows", {"when": {"queues": ["q" * 201]}}),
        ("flows", {"when": {"tags": ["q"] * 1_001}}),
        ("flows", {"name": "A" * 201}),
    ],
)  # fmt: skip
async def test_everything_in_a_document_has_a_bound(
    api: Any, section: str, changes: dict[str, Any]
) -> None:
    body: dict[str, Any] = source(secrets=["secret:pbx"])
    body[section][0] |= changes

    told = await errors(api, body)

    assert told
    assert all(field.startswith(f"{section}.0.") for field in told)
    assert all(len(message) < 2_000 for message in told.values())


async def test_keys_are_made_for_one_workspace_and_leave_a_trace(acme: Any) -> None:
    body = {"name": "CRM", "scopes": ["consent:write", "config:write"]}
    made = await acme.ask("operator", "POST", "/v1/keys?workspace=acme", json=body)
    assert (made.status_code, made.json()["workspace"]) == (201, "acme")
    key_id, key = made.json()["id"], made.json()["key"]
    headers = {"authorization": f"Bearer {key}"}

    elsewhere = await acme.client.get("/v1/config?workspace=other", headers=headers)
    own = await acme.client.get("/v1/config", headers=headers)
    assert (elsewhere.status_code, own.status_code) == (403, 200)
    no = {"address": "+12025550101", "channel": "all", "state": "withdrawn", "evidence": "said so"}
    told = await acme.client.put("/v1/consent", headers=headers, json=no)
    ledger = await acme.ask("reader", "GET", f"/v1/contacts/{told.json()['contact_id']}/consent")
    assert [one["evidence"] for one in ledger.json()["entries"]] == [f"said so [CRM ({key_id})]"]

    listed = (await acme.ask("admin", "GET", "/v1/keys")).json()["keys"]
    assert next(one for one in listed if one["id"] == key_id)["last_used_at"] is not None
    await acme.ask("admin", "DELETE", f"/v1/keys/{key_id}")
    await acme.ask("admin", "DELETE", f"/v1/keys/{key_id}")
    log = (await acme.ask("admin", "GET", f"/v1/config/changes?kind=key&id={key_id}")).json()
    assert [(one["changed_by"], one["after"] is None) for one in log["changes"]] == [
        ("admin (admin)", True),
        ("operator (operator)", False),
    ]
    assert key.split("_", 2)[2] not in str(log)  # the secret may have a _, too


@pytest.mark.parametrize(
    ("query", "changes", "field"),
    [
        ("?workspace=ghost", {}, "workspace"),
        ("", {"workspace": "ghost"}, "workspace"),
        ("", {"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
async def test_a_key_that_could_never_be_used_is_not_made(
    api: Any, query: str, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "x", "scopes": ["read"], **changes}

    answer = await api.ask("operator", "POST", f"/v1/keys{query}", json=body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_key_of_all_workspaces_is_in_the_log_of_all(api: Any) -> None:
    body = {"name": "second operator", "scopes": ["admin"]}
    made = (await api.ask("operator", "POST", "/v1/keys", json=body)).json()

    log = (await api.ask("operator", "GET", "/v1/config/changes?workspace=*&kind=key")).json()

    assert [one["document"] for one in log["changes"]] == [made["id"]]
