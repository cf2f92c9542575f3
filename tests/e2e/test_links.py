"""What follows the answer, by band: words and links, on real Kafka and PostgreSQL."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, demo, until

REVIEW, FORM = "https://reviews.example.com/northwind", "https://northwind.example.com/complain"
THANKS = {
    "low": "Sorry. Somebody calls you back today. {link_form} or in public {link_review}",
    "middle": "Thank you. {link_review}",
    "high": "Wonderful! {link_review}",
}
LEADS = {"1": [FORM, REVIEW], "3": [REVIEW], "5": [REVIEW]}
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36"}


async def _linked(world: World, name: str = "links", **texts: Any) -> Tenant:
    """A workspace whose CSAT has these texts."""
    tenant = await world.tenant(name, flows=[])
    survey: dict[str, Any] = next(one for one in demo()["surveys"] if one["id"] == "csat")
    survey["questions"] = survey["questions"][:1]
    survey["texts"] = {"en": texts}
    links = {
        "review": {"url": REVIEW, "kind": "review"},
        "form": {"url": FORM, "kind": "form"},
    }
    flow = {"id": "after-call", "survey": "csat", "enabled": True, "minimum_talk": "0s"}
    body = {
        "workspaces": [{"id": name, "name": "Northwind", "links": links}],
        "surveys": [survey],
        "flows": [flow],
    }
    await world.call("PUT", "/v1/config", json=body, workspace=name)
    return tenant


async def test_who_answered_is_told_where_to_go_on_and_opening_it_answers_nothing(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _linked(world, thanks=THANKS)
    people = {answer: customer(970 + int(answer)) for answer in LEADS}
    for answer, person in people.items():
        await tenant.ends(f"call-{answer}", person)

    leads: dict[str, list[str]] = {}
    for answer, person in people.items():
        await until(lambda person=person: _texted(tenant, person, 1))
        await world.carrier.receive(person, tenant.sender, body=answer, account=tenant.sid)
        await until(lambda person=person: _texted(tenant, person, 2))
        leads[answer] = await _followed(world, tenant, person)
    funnel = await tenant.quiet(calls=3)
    counts = (await world.call("GET", "/v1/sms/links", workspace="links"))["links"]

    assert leads == LEADS
    assert {(one["link"], one["band"]): (one["told"], one["openers"]) for one in counts} == {
        ("form", "low"): (1, 1),
        ("review", "low"): (1, 1),
        ("review", "middle"): (1, 1),
        ("review", "high"): (1, 1),
    }
    assert funnel["answered"] == 3
    rows = await tenant.rows("select score from analytics.facts where workspace = $1 order by 1")
    assert [row["score"] for row in rows] == [1, 3, 5]
    tell(f"links: {counts}")


async def test_who_opts_out_by_the_link_of_a_text_is_not_asked_about_the_next_call(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _linked(world, "leaving", opt_out="No more: {opt_out_link}")
    person = customer(974)
    await tenant.ends("call-1", person)
    await until(lambda: _texted(tenant, person, 1))
    (url,) = re.findall(r"https?://\S+", _texts(tenant, person)[0])
    page = world.url(urlsplit(url).path)
    looked = await world.http.get(page, headers=PHONE)
    done = await world.http.post(page, headers=PHONE)
    ledger = "select channel, state, source from orchestrator.consent_ledger where workspace = $1"
    (said,) = await until(lambda: tenant.rows(ledger))
    await tenant.ends("call-2", person)
    funnel = await tenant.quiet(calls=2)

    assert (looked.status_code, done.status_code) == (200, 200)
    assert "surveys from <bdi>Northwind</bdi>" in done.text
    assert dict(said) == {"channel": "sms", "state": "withdrawn", "source": "link"}
    assert funnel["not_asked"] == {"opted_out": 1}
    assert len(_texts(tenant, person)) == 1
    tell(f"opted out by a link: {funnel['not_asked']}")


async def _texted(tenant: Tenant, person: str, count: int) -> bool:
    return len(_texts(tenant, person)) >= count


def _texts(tenant: Tenant, person: str) -> list[str]:
    return [ask.body for ask in tenant.asks() if ask.accepted and ask.to == person]


async def _followed(world: World, tenant: Tenant, person: str) -> list[str]:
    """Where the links of the last text lead; a program looks at each first."""
    found: list[str] = []
    for url in re.findall(r"https?://\S+", _texts(tenant, person)[-1]):
        where = world.url(urlsplit(url).path)
        await world.http.head(where, follow_redirects=False)
        answer = await world.http.get(where, headers=PHONE, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        found.append(answer.headers["location"])
    return found
