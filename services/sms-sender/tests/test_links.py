"""Links after the answer: told on our own domain, leading on, counted, and nothing else."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec import structs

from channel.operation.clicks import LIFE, is_person
from channel.store.links import MOST_COUNTED
from common.config.store import Document
from common.events.questionnaire import Band, Texts
from common.events.sends import Step
from common.events.values import Channel
from sms_sender.testing import CALLER, SURVEY, WORKSPACE, Stack, person, step
from tests.contracts.conforming import conforming

REVIEW, OWN = "https://reviews.example.com/acme?a=b%20c", "http://branch.example.com/"
FORM = "https://forms.example.com/grievance"
PHONE = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}
WORDS = Texts(
    thanks={
        Band.LOW: "Sorry. Tell us more: {link_form} or in public: {link_review}",
        Band.MIDDLE: "Thank you. {link_review}",
        Band.HIGH: "Wonderful! {link_review}",
    },
    thanks_on={Channel.WHATSAPP: {Band.HIGH: "Not by text."}},
)
ASKED = structs.replace(SURVEY, questions=SURVEY.questions[:1], texts=WORDS)
BRANCH = "+12025550180"


def link(url: str, kind: str = "review") -> dict[str, str]:
    return {"url": url, "kind": kind}


async def linked(stack: Stack, **links: Any) -> None:
    """The workspace's links are these."""
    bodies: dict[str, dict[str, Any]] = {
        "workspace": {"id": WORKSPACE, "name": "Acme", "links": links},
        "number": {"number": BRANCH, "links": {"review": link(OWN)}},
    }
    ids = {"workspace": WORKSPACE, "number": BRANCH}
    await stack.configure(
        [
            Document(workspace=WORKSPACE, kind=kind, id=ids[kind], body=body)
            for kind, body in bodies.items()
        ]
    )


async def told(stack: Stack, answer: str, number: str = CALLER, **changes: Any) -> list[str]:
    """The addresses in what is said to somebody who answers so."""
    ask: Step = step(number, questionnaire=ASKED, **changes)
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.says(answer, number=number)
    await stack.idle()
    return re.findall(r"https?://\S+", stack.texts(number)[-1])


async def opened(stack: Stack, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    given = PHONE | {name.replace("_", "-"): value for name, value in headers.items()}
    return await stack.client.request(method, url, headers=given, follow_redirects=False)


async def counts(stack: Stack, query: str = "") -> list[Mapping[str, Any]]:
    headers = await stack.key(WORKSPACE, "read")
    answer = await stack.client.get(
        f"{stack.public_url}/v1/sms/links?workspace={WORKSPACE}{query}", headers=headers
    )
    await conforming("sms-sender")(answer)
    assert answer.status_code == 200, answer.text
    found: list[Mapping[str, Any]] = answer.json()["links"]
    return found


@pytest.mark.parametrize(
    ("answer", "leads"), [("1", [FORM, REVIEW]), ("3", [REVIEW]), ("5", [REVIEW])]
)
async def test_by_band_people_are_told_links_of_our_domain_that_lead_on(
    stack: Stack, answer: str, leads: list[str]
) -> None:
    await linked(stack, review=link(REVIEW), form=link(FORM, "form"))
    urls = await told(stack, answer)

    assert all(re.fullmatch(rf"{stack.public_url}/l/sms/[\w-]{{16}}", url) for url in urls)
    answers = [await opened(stack, url) for url in urls]
    assert [one.status_code for one in answers] == [302] * len(leads)
    assert [one.headers["location"] for one in answers] == leads
    assert {one.headers["cache-control"] for one in answers} == {"no-store"}


async def test_people_and_programs_are_counted_apart_and_nobody_has_answered_by_it(
    stack: Stack,
) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5")
    (other,) = await told(stack, "4", person(2))
    before = [one.revision for one in await stack.responses()]
    for _ in range(2):
        await opened(stack, url)
    await opened(stack, url, "HEAD")
    await opened(stack, url, user_agent="WhatsApp/2.24 A")
    await opened(stack, f"{other}?fbclid=abc", sec_purpose="prefetch;prerender")
    await stack.idle()

    (count,) = await counts(stack)
    assert count == {
        "survey_id": "after-call",
        "link": "review",
        "band": "high",
        "told": 2,
        "openers": 1,
        "opened": 2,
        "previews": 3,
    }
    assert [one.revision for one in await stack.responses()] == before
    assert await counts(stack, "&to=2026-01-01T00:00:00Z") == []


async def test_a_number_has_links_of_its_own(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5", our_number=BRANCH)

    assert (await opened(stack, url)).headers["location"] == OWN


async def test_a_link_leads_where_the_configuration_says_now(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5")
    await linked(stack, review=link(FORM))
    moved = await opened(stack, url)
    await linked(stack)
    gone = await opened(stack, url)

    assert moved.headers["location"] == FORM
    assert (gone.status_code, "This link is over" in gone.text) == (410, True)


async def test_a_link_that_is_too_old_leads_nowhere(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5")
    stack.clock.offset = LIFE - timedelta(minutes=1)
    young = await opened(stack, url)
    stack.clock.offset = LIFE + timedelta(minutes=1)

    assert (young.status_code, (await opened(stack, url)).status_code) == (302, 410)


async def test_a_link_that_the_configuration_does_not_name_is_not_told(stack: Stack) -> None:
    await linked(stack, form=link(FORM, "form"))
    await told(stack, "5")

    assert stack.texts()[-1] == "Wonderful!"
    assert await counts(stack) == []


async def test_the_same_text_again_has_the_same_link(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    first = await told(stack, "5")
    await stack.says("1")  # a correction
    await stack.says("it took long")
    await stack.idle()

    assert len(await stack.fetch("select * from sms_sender.links")) == 1
    assert len({*first, *await told(stack, "5", person(2))}) == 2


async def test_a_testers_link_counts_nowhere(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5", test=True)

    assert (await opened(stack, url)).status_code == 302
    assert await counts(stack) == []


async def test_one_link_is_counted_so_often_and_leads_on_for_ever(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    (url,) = await told(stack, "5")
    await stack.fetch("update sms_sender.links set opened = $1", MOST_COUNTED)

    assert (await opened(stack, url)).status_code == 302
    assert (await counts(stack))[0]["opened"] == MOST_COUNTED


@pytest.mark.parametrize(
    "token", ["x", "A" * 16, "A" * 17, "%2e%2e", "a%00b", "é" * 16, "A" * 5000]
)
async def test_an_unknown_link_has_an_honest_page(stack: Stack, token: str) -> None:
    answer = await opened(stack, f"{stack.public_url}/l/sms/{token}")

    assert answer.status_code in (400, 404)
    assert "location" not in answer.headers


async def test_who_guesses_links_has_to_wait(stack: Stack) -> None:
    addresses = [f"{stack.public_url}/l/sms/{number:016}" for number in range(100)]
    answers = await asyncio.gather(*(opened(stack, address) for address in addresses))

    assert {answer.status_code for answer in answers} == {404, 429}


async def test_another_workspaces_key_sees_no_counts(stack: Stack) -> None:
    await linked(stack, review=link(REVIEW))
    await told(stack, "5")
    headers = await stack.key("beta", "read")
    url = f"{stack.public_url}/v1/sms/links"

    assert (await stack.client.get(url, headers=headers)).json() == {"links": []}
    assert (await stack.client.get(f"{url}?workspace=acme", headers=headers)).status_code == 403
    assert (await stack.client.get(url)).status_code == 401


@pytest.mark.parametrize(
    ("method", "headers", "person"),
    [
        ("GET", PHONE, True),
        ("GET", {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/131 Mobile"}, True),
        ("GET", {"user-agent": "Mozilla/5.0 Cubot/1.0 Mobile Safari"}, True),  # a telephone's make
        ("HEAD", PHONE, False),
        ("GET", {}, False),
        ("GET", {"user-agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"}, False),
        ("GET", {"user-agent": "TelegramBot (like TwitterBot)"}, False),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}, False),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}, False),
        ("GET", {"user-agent": "curl/8.5"}, False),
        ("GET", PHONE | {"purpose": "prefetch"}, False),
        ("GET", PHONE | {"x-purpose": "preview"}, False),
    ],
)
def test_who_opens_it(method: str, headers: dict[str, str], person: bool) -> None:
    assert is_person(method, headers) is person
