"""A newcomer's own flow in `aftercall up --sandbox`: asked, answered on the phone, counted."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page, expect

from common.testing.browser import NARROW, browser, violations, width
from tests.e2e.commands import Up, aftercall, up
from tests.e2e.world import until

OWN = Path(__file__).parents[2] / "examples" / "first-flow.yaml"
REAL = OWN.with_name("csat-by-sms.yaml")
SCREENS = os.environ.get("AFTERCALL_TEST_SCREENS")  # a folder: pictures of pages for people
PLAIN = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")}
PATIENCE = 120_000  # milliseconds, of a page on a busy machine


async def test_a_newcomers_own_flow_is_answered_on_every_channel_and_outlives_a_restart(
    tmp_path: Path, run_folder: Path, tell: Callable[[str], None]
) -> None:
    place = ("--sandbox", "--data", str(tmp_path / "data"))
    async with browser(run_folder) as chromium:
        context = await chromium.new_context(viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        async with up(*place, environment=PLAIN) as running:
            environment = {
                **PLAIN,
                "AFTERCALL_URL": running.url,
                "AFTERCALL_KEY": running.key or "",
            }
            real = await aftercall("apply", str(REAL), environment=environment)
            own = await aftercall("apply", str(OWN), environment=environment)
            before = _phone(running)
            await page.goto(before)
            await _answers_by_text(page)
            await _answers_by_whatsapp(page)
            await _answers_by_telephone(page)
            await _is_for_everybody(page)
            scores = await until(lambda: _scores(environment))
            number = await page.locator("#number").text_content()
        async with up(*place, environment=PLAIN) as again:
            environment["AFTERCALL_URL"] = again.url
            # Where it was, and with what is on it.
            await page.goto(_phone(again))
            texts = page.get_by_role("log", name="Text messages")
            await expect(texts).to_contain_text("how satisfied were you")
            same = await page.locator("#number").text_content()
            await _answers_by_text(page)
            more = await until(lambda: _scores(environment, n=4))

    assert "nothing leaves it" in real.text
    assert (real.status, own.status) == (1, 0)
    assert again.key is None
    assert _phone(again) == before
    assert same == number
    assert scores == {4: 1, 5: 1, 2: 1}
    assert more == {4: 2, 5: 1, 2: 1}
    tell(f"sandbox: {more}")


async def test_the_sandbox_is_here_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with up("--sandbox", "--data", str(data), environment=PLAIN) as running:
        phone = _phone(running)
        async with httpx.AsyncClient(trust_env=False) as client:
            foreign = await client.get(phone, headers={"Host": "phone.example"})
            others = await client.post(f"{phone}/phones", headers={"Origin": "https://a.example"})
        kept = json.loads((data / "sandbox" / "kept.json").read_text())
        modes = {path.stat().st_mode & 0o077 for path in (data / "sandbox").rglob("*.json")}
        async with httpx.AsyncClient(trust_env=False) as client:
            carrier = f"http://127.0.0.1:{kept['ports']['carrier']}"
            control = await client.get(f"{carrier}/control/ledger")
            stranger = await client.post(f"{carrier}/2010-04-01/Accounts/AC1/Messages.json")
    without = await aftercall("up", "--port", "0", "--data", str(data), environment=PLAIN)

    assert (foreign.status_code, others.status_code) == (421, 403)
    assert (control.status_code, stranger.status_code) == (404, 401)
    assert modes == {0}
    assert without.status == 1
    assert "was made by `aftercall up --sandbox`" in without.text


def _phone(running: Up) -> str:
    found = re.search(r"Your phone.*\n +(http://127\.0\.0\.1:\d+)", running.text)
    assert found, running.text
    return found[1]


async def _scores(environment: Mapping[str, str], n: int = 3) -> dict[int, int] | None:
    """How often each rating was given, once there are so many."""
    told = await aftercall("scores", "--workspace", "sandbox", "--json", environment=environment)
    scores: Any = json.loads(told.text)["scores"]
    if sum(one["n"] for one in scores) < n:
        return None
    given = {int(value): count for one in scores for value, count in one["histogram"].items()}
    return {value: count for value, count in given.items() if count}


async def _answers_by_text(page: Page) -> None:
    texts = page.get_by_role("log", name="Text messages")
    before = await texts.locator("> div").count()
    await _ends(page, "billing")
    await expect(texts.locator("> div")).to_have_count(before + 1)
    await expect(texts.locator("> div").last).to_contain_text("Northwind: how satisfied")
    await page.get_by_label("Your text").fill("4")
    await page.keyboard.press("Enter")
    await expect(texts.locator("> div").last).to_contain_text("main reason")
    await page.get_by_label("Your text").fill("It was quick")
    await page.keyboard.press("Enter")
    await expect(texts.locator("> div").last).not_to_have_class("mine")
    await _picture(page, "phone-own.jpg")


async def _answers_by_whatsapp(page: Page) -> None:
    """Its template is submitted seconds after the flow is there; until then the phone says so."""
    chats = page.get_by_role("log", name="WhatsApp messages")
    button = chats.get_by_role("button", name="5", exact=True)
    troubles = page.locator("#journal").get_by_text("not at the provider yet")
    before = -1
    async with asyncio.timeout(PATIENCE / 1000):
        while not await button.is_visible():
            if (found := await troubles.count()) > before:
                before = found
                await _ends(page, "support")
            await asyncio.sleep(0.1)
    await button.click()
    await expect(chats).to_contain_text("main reason")


async def _answers_by_telephone(page: Page) -> None:
    await _ends(page, "sales")
    await page.get_by_role("button", name="Pick up").click()
    await expect(page.get_by_role("log", name="What is said")).to_contain_text("How satisfied")
    await page.keyboard.press("2")
    await expect(page.locator("#state")).to_have_text("The call has ended.")


async def _ends(page: Page, queue: str) -> None:
    await page.locator("#own-queue").fill(queue)  # of which there is none until the page knows
    await page.get_by_role("button", name="End the call").click()


async def _is_for_everybody(page: Page) -> None:
    """By an accessibility checker, light and dark, and on 320 pixels."""
    wrong: list[str] = []
    schemes: tuple[Any, Any] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        wrong += [f"in {scheme}: {one}" for one in await violations(page)]
    await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    if (found := await width(page)) > NARROW["width"]:
        wrong.append(f"{found} pixels wide")
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.emulate_media(color_scheme="light")
    assert wrong == []


async def _picture(page: Page, name: str) -> None:
    if SCREENS:
        await page.screenshot(path=Path(SCREENS) / name, type="jpeg", quality=60)
