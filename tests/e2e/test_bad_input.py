"""Whatever comes in, it is refused by name, and what is good before and after it is decided."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from sandbox.pbx.numbers import customer
from sandbox.webhooks import signature
from tests.e2e.refusals import Refusal, signature_of, signed_body, table
from tests.e2e.world import SOURCE_SECRET, TOKEN, Tenant, World, admitted, until

SIGNED = {"vendor": "myoperator", "region": "US", "secrets": ["env:AFTERCALL_SECRET_E2E_SOURCE"]}


async def test_each_bad_input_is_refused_by_name_between_two_good_ones(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, "refusals")
    rows, wrong = table(tenant), []
    async with httpx.AsyncClient(trust_env=False) as client:
        for index, row in enumerate(rows):
            await tenant.ends(f"before-{index}", customer(index))
            answer = await _sent(world, client, row)
            if answer != (row.status, row.field):
                wrong.append((row.what, answer, (row.status, row.field)))
            await tenant.ends(f"after-{index}", customer(index))

    assert wrong == []
    taken = {row.taken for row in rows if row.taken}
    tenant.told.update(taken)
    funnel = await tenant.quiet(calls=2 * len(rows) + len(taken))
    assert funnel["calls"] == len(tenant.told) == 2 * len(rows) + len(taken)
    assert funnel["not_asked"] == {"no_address": len(taken)}
    await tenant.audited()
    statuses = sorted({row.status for row in rows})
    tell(f"bad input: {len(rows)} rows, answered {statuses}; {2 * len(rows)} good calls decided")


async def test_a_signed_body_that_is_replayed_is_one_call(world: World) -> None:
    tenant = await _tenant(world, "replayed")
    path = f"/v1/sources/{tenant.name}-signed/calls/{SOURCE_SECRET}"
    body = signed_body("signed-once")
    headers = {"X-MyOperator-Signature": signature_of(body)}
    for _ in range(3):
        answer = await world.request("POST", path, content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    tenant.told.add("signed-once")
    assert (await tenant.quiet(calls=1))["asked"] == 1
    await tenant.audited()


async def test_forged_callbacks_are_refused_and_replayed_ones_counted_once(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, "forged")
    person = customer(0)
    await tenant.ends("forged-call", person)
    await until(lambda: _asked(tenant))
    url = world.url(tenant.inbound_path)
    form = {
        "AccountSid": tenant.sid,
        "MessageSid": "SM0123456789abcdef0123456789abcdef",
        "From": person,
        "To": tenant.sender,
        "Body": "5",
    }
    genuine = signature(TOKEN, url, form)
    forged = [
        (url, form, ""),
        (url, form, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        (url, form, signature("somebody's token", url, form)),
        (url, form | {"Body": "1"}, genuine),
        (f"{url}?x=1", form, genuine),
        (url, form | {"AccountSid": "AC" + "f" * 32}, genuine),
        (url, {}, signature(TOKEN, url, {})),
    ]
    refused = [await _post(world, *attempt) for attempt in forged]
    elsewhere = url.replace(tenant.account, "nobodys-account")
    unknown = await _post(world, elsewhere, form, signature(TOKEN, elsewhere, form))
    answers = [await _post(world, url, form, genuine) for _ in range(5)]

    assert refused == [403] * len(forged)
    assert unknown == 404
    assert answers == [200] * 5
    funnel = await tenant.quiet(calls=1)
    assert funnel["answered"] == 1
    csat = next(s for s in (await tenant.scores())["scores"] if s["metric"] == "csat")
    assert (csat["n"], csat["histogram"]["5"]) == (1, 1)
    kept = await tenant.rows("select fields from sms_sender.inbox"
                             " where workspace = $1 and kind = 'message'")  # fmt: skip
    assert len(kept) == 1
    tell(f"callbacks: {len(forged)} forged ones refused {refused}, 5 replays counted {csat['n']}")


async def _tenant(world: World, name: str) -> Tenant:
    """With one source more, whose bodies are signed."""
    tenant = await world.tenant(name)
    secrets = ["env:AFTERCALL_SECRET_E2E_SIGNING"]
    signed = SIGNED | {"id": f"{name}-signed", "signing_secrets": secrets}
    await tenant.configure(sources=[signed, *tenant.every_source()])
    return tenant


async def _sent(world: World, client: httpx.AsyncClient, row: Refusal) -> tuple[int, str | None]:
    """The status, and the first field that the answer names."""
    key = f"Bearer {world.key}"
    headers = {"Content-Type": "application/json", "Authorization": key, **row.headers}
    url = world.url(row.path)
    answer = await admitted(lambda: client.post(url, content=row.body, headers=headers))
    body: Any = json.loads(answer.content)
    errors = body.get("errors") if answer.status_code >= 400 else None
    return answer.status_code, errors[0]["field"] if errors else None


async def _post(world: World, url: str, form: dict[str, str], signed: str) -> int:
    headers = {"X-Twilio-Signature": signed}
    answer = await admitted(lambda: world.http.post(url, data=form, headers=headers))
    return answer.status_code


async def _asked(tenant: Tenant) -> bool:
    return bool(tenant.asks())
