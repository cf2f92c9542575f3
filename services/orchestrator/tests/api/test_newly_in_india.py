"""However it is written: no flow that is on begins to ask in India by unregistered texts."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from orchestrator.testing import LINE, documents

REPLIES, INDIAN = "+919220592205", "+919876543210"
CONFIG, DOCUMENTS = "/v1/config", "/v1/config/documents"
UNREGISTERED = "accounts.twilio.senders.0.header"
Ask = Callable[..., Awaitable[httpx.Response]]


def american() -> dict[str, Any]:
    return documents()


def indian() -> dict[str, Any]:
    """Asks there under a header; beside it a sender for the rest of the world."""
    says = f"Acme: 1 to 5, to {REPLIES}, or STOP."
    texts = dict.fromkeys(("invalid", "gave_up", "thank_you", "corrected", "closed"), "Acme: ok.")
    body = documents(workspace={"countries": ["IN", "US"]}, texts={"en": texts})
    body["surveys"][0]["questions"][0]["text"] = {"en": says}
    templates = [
        {"id": f"170716000000000000{place}", "header": "ACMEIN", "text": text}
        for place, text in enumerate((says, "Acme: ok."))
    ]
    registered = {
        "id": "registered",
        "account_sid": "AC2",
        "auth_token": "secret:twilio",
        "senders": [{"number": REPLIES, "countries": ["IN"], "header": "ACMEIN"}],
        "dlt": {"entity": "1701160000000000001", "templates": templates},
    }
    return body | {"accounts": [registered, *body["accounts"]]}


def without_the_header(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"accounts": body["accounts"][1:]}


async def a_country(ask: Ask) -> httpx.Response:
    return await ask("PATCH", f"{DOCUMENTS}/workspace/acme", json={"countries": ["US", "IN"]})


async def the_whole_workspace(ask: Ask) -> httpx.Response:
    body = {"id": "acme", "name": "Acme", "countries": ["US", "IN"]}
    return await ask("PUT", f"{DOCUMENTS}/workspace/acme", json=body)


async def a_number_in_a_file(ask: Ask) -> httpx.Response:
    return await ask("PUT", CONFIG, json={"numbers": [{"number": INDIAN}]})


async def a_number(ask: Ask) -> httpx.Response:
    return await ask("PUT", f"{DOCUMENTS}/number/{INDIAN}", json={"number": INDIAN})


async def a_switch(ask: Ask) -> httpx.Response:
    await ask("PATCH", "/v1/flows/csat-flow", json={"enabled": False})
    await a_country(ask)
    return await ask("PATCH", "/v1/flows/csat-flow", json={"enabled": True})


async def a_restore(ask: Ask) -> httpx.Response:
    await ask("PATCH", f"{DOCUMENTS}/flow/csat-flow", json={"when": {"countries": ["US"]}})
    await a_country(ask)
    log = (await ask("GET", f"{CONFIG}/changes?kind=flow&id=csat-flow")).json()["changes"]
    version = {"version": log[-1]["version"]}
    return await ask("POST", f"{DOCUMENTS}/flow/csat-flow/restore", json=version)


async def a_removal(ask: Ask) -> httpx.Response:
    return await ask("DELETE", f"{DOCUMENTS}/account/registered")


async def a_file_without_it(ask: Ask) -> httpx.Response:
    return await ask("PUT", f"{CONFIG}?prune=true", json=without_the_header(indian()))


async def a_sender_without_replies(ask: Ask) -> httpx.Response:
    sender = {**indian()["accounts"][0]["senders"][0], "two_way": False}
    return await ask("PATCH", f"{DOCUMENTS}/account/registered", json={"senders": [sender]})


ROUTES = [
    *((american, route) for route in (a_country, the_whole_workspace, a_number_in_a_file)),
    *((american, route) for route in (a_number, a_switch, a_restore)),
    *((indian, route) for route in (a_removal, a_file_without_it, a_sender_without_replies)),
]


@pytest.mark.parametrize(("before", "route"), ROUTES)
async def test_no_route_lets_a_flow_begin_to_ask_there_without_a_header(
    api: Any, before: Callable[[], dict[str, Any]], route: Callable[[Ask], Awaitable[Any]]
) -> None:
    async def ask(method: str, path: str, **request: Any) -> httpx.Response:
        answer: httpx.Response = await api.ask("configurer", method, path, **request)
        return answer

    assert (await ask("PUT", CONFIG, json=before())).status_code == 200

    refused = await route(ask)

    assert refused.status_code == 422, refused.text
    told = {one["field"]: one["message"] for one in refused.json()["errors"]}
    (field,) = [one for one in told if one.endswith("senders.0.header")]
    assert "needs a header and templates that are registered (DLT)" in told[field]


async def test_what_asks_there_already_goes_on_and_is_changed_elsewhere(acme: Any) -> None:
    """As from before there were headers: written while the flow was off, and switched on there."""
    async with acme.runtime.db.transaction() as connection:
        await connection.execute(
            'update config.documents set body = body || \'{"countries": ["IN"]}\''
            " where kind = 'workspace' and workspace = 'acme'"
        )
    for path, part in (
        ("workspace/acme", {"name": "Acme of India"}),
        (f"number/{LINE}", {"name": "Billing"}),
        ("survey/csat", {"texts": {"en": {"closed": "It is over."}}}),
    ):
        answer = await acme.ask("configurer", "PATCH", f"{DOCUMENTS}/{path}", json=part)
        assert answer.status_code == 200, answer.text

    flow = await acme.ask(
        "configurer", "PATCH", f"{DOCUMENTS}/flow/csat-flow", json={"delay": "5m"}
    )
    off = await acme.ask("configurer", "PATCH", "/v1/flows/csat-flow", json={"enabled": False})

    assert (flow.status_code, off.status_code) == (422, 200)
    assert [one["field"] for one in flow.json()["errors"]] == [UNREGISTERED]
