"""Every page in a real Chromium: accessible, narrow, right to left, by keyboard, in order."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import BrowserContext, Page

from analytics.testing import decision, interaction_of, response, told
from common.testing.browser import NARROW, browser, violations, width
from orchestrator.testing import documents
from tests.console.seen import some_weeks

PAGES = (
    "/console",
    "/console/trends?range=91d&period=week&by=queue",
    "/console/groups?by=agent&range=91d",
    "/console/responses?range=91d&queue=billing",
    "/console/rates?range=91d",
    "/console/studies?range=91d",
    "/console/studies/{ranking}",
    "/console/studies/{drivers}",
    "/console/calls?range=91d",
    f"/console/calls/{interaction_of('c0')}",
    "/console/deliveries",
    "/console/doubts",
    "/console/alerts",
    "/console/webhooks",
    "/console/webhooks/{webhook}",
    "/console/webhooks/{webhook}/{delivery}",
    "/console/flows",
    "/console/flows/csat-flow/edit",
    "/console/new-flow",
    "/console/legal-notice",
    "/console/changes",
    "/console/documents/survey/csat",
    "/console/setup",
    "/console/users",
    "/console/account",
    "/console/account/second-factor",
    "/console/second-factor",
    "/console/formulas",
)
SCREENS = os.environ.get("AFTERCALL_TEST_SCREENS")  # a folder: pictures of pages for people
PICTURES = {
    (PAGES[0], "light"): "overview.jpg",
    (PAGES[0], "dark"): "overview-dark.jpg",
    (PAGES[1], "light"): "trends.jpg",
    (PAGES[2], "light"): "groups.jpg",
    (PAGES[3], "light"): "responses.jpg",
    ("/console/rates?range=91d", "light"): "rates.jpg",
    ("/console/studies/{ranking}", "light"): "ranking.jpg",
    ("/console/flows/csat-flow/edit", "light"): "flow.jpg",
    ("/console/alerts", "light"): "alerts.jpg",
    ("/console/users", "light"): "users.jpg",
    ("/console/webhooks/{webhook}", "light"): "webhook.jpg",
}
pytestmark = pytest.mark.integration


@asynccontextmanager
async def _served(app: Any) -> AsyncIterator[str]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([sock]))
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def _signed_in(site: Any, context: BrowserContext, url: str) -> Page:
    link = await site.link("ann@acme.example")
    page = await context.new_page()
    await page.goto(f"{url}/console/sign-in/{link}")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{url}/console")
    return page


@pytest.fixture
async def acme(site: Any) -> Any:
    """Some weeks of calls, a flow, and Ann who administers it."""
    await some_weeks(site.intake)
    await site.sign_in()
    answer = await site.http.put("/v1/config", json=documents(), headers=site.key())
    assert answer.status_code == 200, answer.text
    await site.decided(decision("c0"))
    doubt = {"address": "+12025550101", "channel": "sms", "state": "doubted", "evidence": "enough"}
    answer = await site.http.put("/v1/consent", json=doubt, headers=site.key())
    assert answer.status_code == 200, answer.text
    return site


async def _told(site: Any) -> dict[str, str]:
    """A rule that raised alerts, a webhook, and what was to be sent there; their ids."""
    rule = {"name": "Billing", "kind": "low_rating", "queues": ["billing"]}
    await site.http.post("/v1/alerts/rules", json=rule, headers=site.key())
    falling = {"name": "NPS", "kind": "falling_score", "metric": "nps"}
    await site.http.post("/v1/alerts/rules", json=falling, headers=site.key())
    hook = {"name": "our CRM", "url": "https://127.0.0.1:1/", "events": ["response.created"]}
    made = (await site.http.post("/v1/webhooks", json=hook, headers=site.key())).json()
    endpoint = made["endpoint"]["id"]
    test = f"/v1/webhooks/{endpoint}/test"
    sent = (await site.http.post(test, json={}, headers=site.key())).json()
    loop = site.closed_loop()
    low = response("c0", 1, comment="waited 20 minutes")
    await loop.on_decisions(told(decision("c0")))
    await loop.on_responses(told(low))
    studies = {kind: await _studied(site, kind) for kind in ("drivers", "ranking")}
    return {"webhook": endpoint, "delivery": sent["delivery"]["id"], **studies}


async def _studied(site: Any, kind: str) -> str:
    """Asked and reckoned; its id."""
    query = {"metric": "csat", "range": "91d", **({"by": "agent"} if kind == "ranking" else {})}
    asked = await site.http.post(f"/v1/studies/{kind}", params=query, headers=site.key())
    study: str = asked.json()["id"]
    found: dict[str, Any] = {}
    while found.get("state") not in ("done", "failed"):
        await asyncio.sleep(0.05)
        found = (await site.http.get(f"/v1/studies/{study}", headers=site.key())).json()
    return study


async def test_every_page_is_for_everybody(acme: Any, run_folder: Path) -> None:
    """Light and dark by an accessibility checker; 320 pixels; right to left; no error."""
    trouble: list[str] = []
    async with _served(acme.app) as url, browser(run_folder) as chromium:
        context = await chromium.new_context(color_scheme="light")
        page = await _signed_in(acme, context, url)
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        ids = await _told(acme)
        for path in PAGES:
            answer = await page.goto(url + path.format(**ids))
            assert answer is not None
            assert answer.status == 200, path
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                if SCREENS and (path, scheme) in PICTURES:
                    name = Path(SCREENS) / PICTURES[path, scheme]
                    await page.screenshot(path=name, type="jpeg", quality=55)
                trouble += [f"{path} in {scheme}: {one}" for one in await violations(page)]
            await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
            for direction in ("ltr", "rtl"):
                await page.evaluate(f"document.documentElement.dir = '{direction}'")
                if (found := await width(page)) > NARROW["width"]:
                    trouble.append(f"{path} is {found} pixels wide, {direction}")
            await page.set_viewport_size({"width": 1280, "height": 900})
        await page.evaluate("document.body.append(document.createElement('button'))")
        assert await violations(page) != [], "the checker sees nothing"
        await context.close()
    assert trouble == []


async def test_a_page_is_read_and_filtered_by_keyboard_and_without_scripts(
    acme: Any, run_folder: Path
) -> None:
    async with _served(acme.app) as url, browser(run_folder) as chromium:
        context = await chromium.new_context(java_script_enabled=False)
        page = await _signed_in(acme, context, url)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # the first stop skips the menu
        assert page.url.endswith("#main")

        await page.get_by_label("Days").select_option("7d")
        await page.get_by_role("button", name="Show").focus()
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        assert "range=7d" in page.url
        assert await page.get_by_text("Days: Last 7 days").count() == 1
        await context.close()
