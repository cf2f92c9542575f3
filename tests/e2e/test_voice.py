"""People are called: each metric by keys, and voice in a plan with texts."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.ledger import CallRequest, Heard, only
from sandbox.messages import Account
from sandbox.pbx.numbers import customer
from sandbox.voice.callees import Callee, PicksUp
from tests.e2e.world import TOKEN, Tenant, World, until

FLOW = {
    "survey": "csat",
    "enabled": True,
    "minimum_talk": "0s",
    "call_hours": "00:00-24:00",
    "plan": [{"channel": "ivr"}],
}
LANDLINE, MOBILE = "+442079460123", customer(43)  # told apart by the number alone


async def voiced(
    world: World, name: str, *plans: Mapping[str, Any], provider: str = "twilio", **own: Any
) -> Tenant:
    """A workspace that may call and text, with these flows; `own`: of its account for calls."""
    tenant = await world.tenant(name, flows=[])
    there = {"account_sid": tenant.sid}
    if provider == "plivo":
        there = {"auth_id": f"MA{tenant.sid[-18:].upper()}"}
        world.carrier.accounts[there["auth_id"]] = Account(TOKEN, (tenant.sender,), speaks=provider)
    account = {
        "id": f"{name}-voice",
        "channel": "ivr",
        "provider": provider,
        **there,
        "auth_token": "env:AFTERCALL_SECRET_E2E_TOKEN",
        "base_url": world.carrier.base_url,
        "senders": [{"number": tenant.sender, "per_second": 50}],
        **own,
    }
    flows = [FLOW | {"id": f"flow-{number}"} | plan for number, plan in enumerate(plans)]
    workspace = {"id": name, "name": "Northwind", "countries": ["US", "GB"]}
    body = {"workspaces": [workspace], "accounts": [account], "flows": flows}
    await world.call("PUT", "/v1/config", json=body, workspace=name)
    return tenant


def rung(tenant: Tenant, number: str) -> list[CallRequest]:
    return [r for r in only(tenant.entries(), CallRequest) if r.to == number]


def heard(tenant: Tenant, number: str) -> list[str]:
    return [h.text for h in only(tenant.entries(), Heard) if h.person == number]


@pytest.mark.parametrize("provider", ["twilio", "plivo"])
async def test_each_metric_is_asked_and_answered_by_voice(
    world: World, tell: Callable[[str], None], provider: str
) -> None:
    flows = [{"survey": metric, "when": {"queues": [metric]}} for metric in ("csat", "nps", "ces")]
    tenant = await voiced(world, f"voice-{provider}", *flows, provider=provider)
    people = dict(zip(("csat", "nps", "ces"), map(customer, range(40, 43)), strict=True))
    keys = {"csat": ("", "4"), "nps": ("10",), "ces": ("8", "7")}
    for metric, number in people.items():
        world.carrier.switchboard.callees[number] = Callee(keys=keys[metric])

    await asyncio.gather(
        *(tenant.ends(metric, number, queue=metric) for metric, number in people.items())
    )
    funnel = await tenant.quiet(calls=3)

    assert (funnel["asked"], funnel["delivered"], funnel["answered"]) == (3, 3, 3)
    rows = await tenant.rows(
        "select metric, score, channel from analytics.facts where workspace = $1 order by metric"
    )
    assert [(row["metric"], row["score"], row["channel"]) for row in rows] == [
        ("ces", 7, "ivr"),
        ("csat", 4, "ivr"),
        ("nps", 10, "ivr"),
    ]
    assert not any(h.by_provider for h in only(tenant.entries(), Heard))
    await tenant.audited()
    tell(f"voice by {provider}: {funnel}, heard {[len(heard(tenant, n)) for n in people.values()]}")


async def test_a_landline_is_called_and_a_mobile_is_texted_first(world: World) -> None:
    plan = [
        {"channel": "sms"},
        {"channel": "ivr", "when": ["line_type", "silent"], "line_types": ["fixed"], "after": "4s"},
    ]
    tenant = await voiced(world, "voice-plan", {"plan": plan})
    for number in (LANDLINE, MOBILE):
        world.carrier.switchboard.callees[number] = Callee(keys=("3",))

    for number in (LANDLINE, MOBILE):
        await tenant.ends(number, number)
    await until(lambda: _is_rung(tenant, MOBILE))
    funnel = await tenant.quiet(calls=2)

    assert [ask.to for ask in tenant.asks()] == [MOBILE]  # a text, that nobody answered
    assert len(rung(tenant, LANDLINE)) == len(rung(tenant, MOBILE)) == 1
    assert funnel["answered"] == 2
    await tenant.audited()


async def test_who_is_silent_by_text_is_called_and_answers_by_a_key(
    world: World, tell: Callable[[str], None]
) -> None:
    plan = [{"channel": "sms"}, {"channel": "ivr", "when": "silent", "after": "4s"}]
    tenant = await voiced(world, "text-then-voice", {"plan": plan})
    silent = customer(48)
    world.carrier.switchboard.callees[silent] = Callee(keys=("", "2"))

    await tenant.ends("silent", silent)
    await until(lambda: _is_rung(tenant, silent))
    funnel = await tenant.quiet(calls=1)

    (text,), (call,) = tenant.asks(), rung(tenant, silent)
    assert (text.to, text.at < call.at) == (silent, True)
    said = heard(tenant, silent)
    assert said[0].startswith("This is Northwind, with a short survey about your call.")
    assert "Press a key from 1, not at all, to 5, very." in said[0]
    assert said[1].startswith("Sorry, we did not hear a key.")
    assert said[2] == "Thank you for your time. Goodbye."
    assert (funnel["asked"], funnel["answered"]) == (1, 1)
    rows = await tenant.rows("select score, channel from analytics.facts where workspace = $1")
    assert [tuple(row) for row in rows] == [(2, "ivr")]
    report = await tenant.audited()
    waited = (call.at - text.at).total_seconds()
    tell(f"text, silence for {waited:.1f} s, call: {funnel}; {text.body!r}, {said}; {report}")


@pytest.mark.parametrize("provider", ["twilio", "plivo"])
async def test_whom_a_switch_passes_on_is_asked_about_the_call_that_it_names(
    world: World, tell: Callable[[str], None], provider: str
) -> None:
    name = f"passed-on-{provider}"
    tenant = await voiced(world, name, {}, provider=provider, callers_come="10m")
    here = f"{world.stack.url('ivr-gateway')}/v1/ivr/callbacks/{name}-voice/inbound"
    sid, account = next(
        (sid, account)
        for sid, account in world.carrier.accounts.items()
        if tenant.sender in account.numbers and account.speaks == provider
    )
    world.carrier.accounts[sid] = replace(account, voice_url=here)
    headers = {"X-Aftercall-Call": "/pbx/main 17.42"}
    if provider == "plivo":
        headers = {"X-PH-AftercallCall": "Z2FpbxZ2FmainZ2017Z2E42"}
    whose = customer(49)

    await tenant.ends("17.42", whose)
    await until(lambda: tenant.rows("select from ivr_gateway.sends where workspace = $1"))
    for keys in (("4",), ("1",)):
        await world.carrier.switchboard.call_in(
            whose, tenant.sender, Callee(keys=keys), shown="anonymous", headers=headers
        )
    funnel = await tenant.quiet(calls=1)

    said = heard(tenant, whose)
    assert [text.partition(".")[0] for text in said] == [
        "This is Northwind, with a short survey about your call",
        "Thank you for your time",
        "Sorry, we have no survey for you at the moment",
    ]
    assert (funnel["asked"], funnel["answered"]) == (1, 1)
    rows = await tenant.rows("select score, channel from analytics.facts where workspace = $1")
    assert [tuple(row) for row in rows] == [(4, "ivr")]
    assert rung(tenant, whose) == []
    await tenant.audited()
    tell(f"passed on by {provider}: {funnel}, {said}")


async def test_an_answer_by_text_cancels_the_call_and_who_is_busy_is_rung_again(
    world: World,
) -> None:
    later = {"channel": "ivr", "when": "silent", "after": "5s"}
    again = {"channel": "ivr", "when": "failed", "after": "2s"}
    tenant = await voiced(
        world,
        "voice-again",
        {"plan": [{"channel": "sms"}, later], "when": {"queues": ["texted"]}},
        {"plan": [{"channel": "ivr"}, again], "when": {"queues": ["called"]}},
    )
    texted, called = customer(44), customer(45)
    world.carrier.switchboard.callees[called] = Callee(picks_up=PicksUp.BUSY)

    await tenant.ends("texted", texted, queue="texted")
    await tenant.ends("called", called, queue="called")
    await until(lambda: _is_rung(tenant, called))
    world.carrier.switchboard.callees[called] = Callee(keys=("5",))
    await until(lambda: _is_texted(tenant, texted))
    await world.carrier.receive(texted, tenant.sender, body="5", account=tenant.sid)
    await until(lambda: _is_rung(tenant, called, times=2))
    await asyncio.sleep(6)
    funnel = await tenant.quiet(calls=2)

    assert rung(tenant, texted) == []
    assert len(rung(tenant, called)) == 2
    assert (funnel["asked"], funnel["answered"]) == (2, 2)
    await tenant.audited()


async def test_an_answer_by_voice_is_followed_by_one_text_with_the_link(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await voiced(world, "voice-link", {"after_call": "sms"})
    told = "Tell others: {link_review}"
    survey = {
        "id": "csat",
        "metric": "csat",
        "questions": [
            {
                "id": "score",
                "kind": "rating",
                "scale": [1, 5],
                "text": {"en": "How was it, 1 to 5?"},
            }
        ],
        "texts": {"en": {"thanks": {band: told for band in ("low", "middle", "high")}}},
    }
    links = {"review": {"url": "https://reviews.example.com/northwind", "kind": "review"}}
    workspace = {"id": tenant.name, "name": "Northwind", "countries": ["US"], "links": links}
    await world.call(
        "PUT",
        "/v1/config",
        json={"workspaces": [workspace], "surveys": [survey]},
        workspace=tenant.name,
    )
    answers, silent = customer(46), customer(47)
    world.carrier.switchboard.callees[answers] = Callee(keys=("5",))
    world.carrier.switchboard.callees[silent] = Callee(keys=())

    for number in (answers, silent):
        await tenant.ends(number, number)
    await until(lambda: _is_texted(tenant, answers))
    await tenant.quiet(calls=2)

    (text,) = tenant.asks()
    assert text.to == answers
    assert "Tell others: http" in text.body
    assert "/l/sms/" in text.body
    tell(f"after a call: texts to who answered 1, to who did not 0, {len(text.body)} characters")


async def _is_rung(tenant: Tenant, number: str, *, times: int = 1) -> bool:
    return len(rung(tenant, number)) >= times


async def _is_texted(tenant: Tenant, number: str) -> bool:
    return any(ask.to == number for ask in tenant.asks())
