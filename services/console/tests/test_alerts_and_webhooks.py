"""Rules and webhooks on pages: made, switched, looked into, sent again."""

from typing import Any

import pytest
from standardwebhooks import Webhook

from analytics.testing import decision, response, told
from closed_loop.testing import Receiver, receiving
from closed_loop.testing.running import until
from console.domain.people import Role

ALERTS, WEBHOOKS = "/console/alerts", "/console/webhooks"


@pytest.fixture
async def receiver() -> Any:
    async with receiving() as found:
        yield found


async def rules(site: Any) -> Any:
    return (await site.http.get("/v1/alerts/rules", headers=site.key())).json()["rules"]


async def webhooks(site: Any) -> Any:
    return (await site.http.get("/v1/webhooks", headers=site.key())).json()["endpoints"]


async def test_a_rule_is_made_switched_and_removed(site: Any) -> None:
    await site.sign_in()
    made = await site.submit(
        await site.page(ALERTS), ALERTS, name="Billing", queues="billing, sales"
    )
    rule = (await rules(site))[0]
    await site.submit(await site.page(ALERTS), f"{ALERTS}/{rule['id']}")
    off = (await rules(site))[0]
    await site.post(f"{ALERTS}/{rule['id']}/remove")

    assert made.status_code == 303, made.text
    assert (rule["kind"], rule["queues"], rule["enabled"]) == (
        "low_rating",
        ["billing", "sales"],
        True,
    )
    assert rule["changed_by"].startswith("ann@acme.example")
    assert off["enabled"] is False
    assert await rules(site) == []


async def test_what_is_wrong_with_a_rule_stands_on_the_page_and_nothing_is_lost(site: Any) -> None:
    await site.sign_in()
    answer = await site.submit(
        await site.page(ALERTS), ALERTS, name="NPS", kind="falling_score", flows="after-call"
    )

    assert answer.status_code == 422
    assert "of a falling figure, choose surveys" in answer.text
    assert 'value="NPS"' in answer.text
    assert await rules(site) == []


async def test_what_was_raised_leads_to_its_call(site: Any) -> None:
    await site.sign_in()
    await site.submit(await site.page(ALERTS), ALERTS, name="Billing")
    loop = site.closed_loop()
    await loop.on_decisions(told(decision("c0")))
    await loop.on_responses(told(response("c0", 1, comment="too <long>")))
    page = await site.page(ALERTS)

    assert "too <long>" in page.text
    assert any(link.startswith("/console/calls/") for link in page.links)


async def test_a_webhook_is_made_tried_and_looked_into(site: Any, receiver: Receiver) -> None:
    await site.sign_in()
    form = {"name": "our CRM", "url": receiver.url, "response.created": "yes"}
    made = await site.submit(await site.page(WEBHOOKS), WEBHOOKS, **form)
    one = (await webhooks(site))[0]
    sent = await site.post(f"{WEBHOOKS}/{one['id']}/test")
    await until(lambda: receiver.requests)
    detail = await site.page(sent.headers["location"])
    again = await site.submit(detail, f"{WEBHOOKS}/{one['id']}/replay")
    await until(lambda: len(receiver.requests) == 2)
    log = await site.page(f"{WEBHOOKS}/{one['id']}")

    secret = made.text.partition('class="secret">')[2].partition("<")[0]
    first = receiver.requests[0]
    signed = Webhook(secret).sign(first.id, site.time(), first.body.decode())
    assert (first.told["type"], first.headers["webhook-signature"]) == ("webhook.test", signed)
    assert secret not in (await site.http.get(WEBHOOKS)).text
    assert "This is a test of Aftercall." in detail.text
    assert again.status_code == 303
    assert receiver.requests[0].id == receiver.requests[1].id
    assert "webhook.test" in log.text


async def test_a_webhook_gets_another_secret_is_switched_and_removed(
    site: Any, receiver: Receiver
) -> None:
    await site.sign_in()
    await site.submit(await site.page(WEBHOOKS), WEBHOOKS, url=receiver.url)
    one = (await webhooks(site))[0]
    rotated = await site.post(f"{WEBHOOKS}/{one['id']}/secret")
    await site.submit(await site.page(WEBHOOKS), f"{WEBHOOKS}/{one['id']}")
    off = (await webhooks(site))[0]
    await site.post(f"{WEBHOOKS}/{one['id']}/remove")

    assert "whsec_" in rotated.text
    assert "signed by the one before" in rotated.text
    assert off["enabled"] is False
    assert await webhooks(site) == []


async def test_an_address_within_is_refused_in_words(site: Any) -> None:
    await site.sign_in()
    form = {"url": "https://169.254.169.254/"}
    answer = await site.submit(await site.page(WEBHOOKS), WEBHOOKS, **form)

    assert answer.status_code == 422
    assert "169.254.169.254 is no public address" in answer.text


async def test_whoever_reads_sees_alerts_but_no_rules_and_no_webhooks(site: Any) -> None:
    await site.sign_in(role=Role.ANALYST)

    assert "Only admins see the rules" in (await site.page(ALERTS)).text
    assert "Only admins see webhooks" in (await site.page(WEBHOOKS)).text
    refused = await site.post(ALERTS, name="x", kind="low_rating")
    assert refused.status_code == 403
