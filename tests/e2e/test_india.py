"""Asked in India: nothing is enabled before every text is registered, and the answer counts."""

from dataclasses import replace
from typing import Any

from sandbox.pbx.numbers import LINES
from tests.e2e.world import Tenant, World, until

HEADER = "NRTHWD"
ASHA, LONG = "+919876501701", "+919876501702"
TEXTS = {
    "invalid": "Northwind: please send {low} to {high}.",
    "gave_up": "Northwind: thank you.",
    "thank_you": "Northwind: thank you.",
    "corrected": "Northwind: now {score}.",
    "closed": "Northwind: this is over.",
}
TEMPLATES = (
    "Northwind: please send {#numeric#} to {#numeric#}.",
    "Northwind: thank you.",
    "Northwind: now {#numeric#}.",
    "Northwind: this is over.",
)
FLOW = {"id": "indian", "survey": "indian", "enabled": True, "minimum_talk": "0s"}


def survey(number: str) -> dict[str, Any]:
    words = f"{{brand}}: how was {{agent|our team}}, 1 to 5? Text it to {number}, or STOP."
    question = {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": words}}
    return {"id": "indian", "metric": "csat", "texts": {"en": TEXTS}, "questions": [question]}


def account(number: str, *texts: str) -> dict[str, Any]:
    return {
        "senders": [{"number": number, "countries": ["IN"], "header": HEADER, "per_second": 50}],
        "dlt": {
            "entity": "1701160000000000017",
            "templates": [
                {"id": f"170716000000000017{place}", "header": HEADER, "text": text}
                for place, text in enumerate(texts)
            ],
        },
    }


async def test_registered_words_go_out_under_the_header_and_are_answered_at_the_number(
    world: World,
) -> None:
    tenant = await world.tenant("indian", flows=[])
    known = world.carrier.accounts[tenant.sid]
    world.carrier.accounts[tenant.sid] = replace(known, headers=(HEADER,))
    ask = f"Northwind: how was {{#var#}}, 1 to 5? Text it to {tenant.sender}, or STOP."
    asked = {"flows": [FLOW], "surveys": [survey(tenant.sender)]}
    workspace = {"countries": ["IN"]}

    refused = await _refusal(tenant, account(tenant.sender, ask))
    assert refused == {
        f"surveys.0.texts.en.{name}" for name in ("invalid", "gave_up", "corrected", "closed")
    }

    of_all = account(tenant.sender, ask, *TEMPLATES)
    await tenant.configure(**asked, workspace=workspace, account=of_all)
    await _ends(tenant, ASHA, "Asha")
    too_long = await _ends(tenant, LONG, "m" * 31)
    await until(lambda: _texted(tenant, ASHA))
    await world.carrier.receive(ASHA, tenant.sender, body="5", account=tenant.sid)
    funnel = await tenant.quiet(calls=2, still=2.0)

    said = [(request.sender, request.body) for request in tenant.asks()]
    first = f"Northwind: how was Asha, 1 to 5? Text it to {tenant.sender}, or STOP."
    assert said == [(HEADER, first), (HEADER, "Northwind: thank you.")]
    assert (funnel["asked"], funnel["delivered"], funnel["answered"]) == (2, 1, 1)
    told = await world.call("GET", f"/v1/decisions/{too_long}", workspace=tenant.name)
    (step,) = await _steps(tenant, told["invitation_id"])
    assert step["reason"] == f"its words are no template (DLT) of {HEADER}"


async def _refusal(tenant: Tenant, given: dict[str, Any]) -> set[str]:
    body = {
        "workspaces": [{"id": tenant.name, "name": "Northwind", "countries": ["IN"]}],
        "accounts": [
            {
                "id": tenant.account,
                "account_sid": tenant.sid,
                "auth_token": "env:AFTERCALL_SECRET_E2E_TOKEN",
                "base_url": tenant.world.carrier.base_url,
                **given,
            }
        ],
        "surveys": [survey(tenant.sender)],
        "flows": [FLOW],
    }
    answer = await tenant.world.request(
        "PUT", "/v1/config", params={"workspace": tenant.name}, json=body
    )
    assert answer.status_code == 422, answer.text
    return {one["field"] for one in answer.json()["errors"]}


async def _ends(tenant: Tenant, person: str, agent: str) -> str:
    return await tenant.ends(
        f"indian-{person}",
        person,
        our_number=LINES["billing"],
        legs=[{"agent_id": "a1", "agent_name": agent}],
    )


async def _texted(tenant: Tenant, person: str) -> bool:
    return any(request.to == person and request.accepted for request in tenant.asks())


async def _steps(tenant: Tenant, invitation: str) -> list[dict[str, Any]]:
    found = await tenant.world.call("GET", f"/v1/invitations/{invitation}", workspace=tenant.name)
    steps: list[dict[str, Any]] = found["steps"]
    return steps
