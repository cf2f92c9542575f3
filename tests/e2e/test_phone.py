"""A newcomer's journey: on the phone in the browser, a survey on each channel of the demo."""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from aftercall.demo.stage import Stage, stage
from aftercall.port import listen
from aftercall.settings import settings_for
from common.testing.browser import NARROW, browser, violations, width
from tests.e2e.world import until

SCREENS = os.environ.get("AFTERCALL_TEST_SCREENS")  # a folder: pictures of pages for people
PERSONS_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
PATIENCE = 60_000  # milliseconds, of a page on a busy machine


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[Stage]:
    """The embedded platform with the demo's world, in which no call ends by itself."""
    sock = listen(0)
    with settings_for(folder, sock.getsockname()[1], log_level="ERROR") as settings:
        async with stage(settings, sock, calls=10, seed=3, spoken=1000.0) as on:
            await on.configure()
            yield on


async def test_a_person_is_asked_on_every_channel_and_their_answers_count(
    tmp_path: Path, run_folder: Path, logs_as_before: None, tell: Callable[[str], None]
) -> None:
    trouble: list[str] = []
    async with _demo(tmp_path) as on, browser(run_folder) as chromium:
        page = await chromium.new_page(
            viewport={"width": 1280, "height": 900}, user_agent=PERSONS_BROWSER
        )
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        await page.goto(on.phone)
        await _is_for_everybody(page)

        await _by_text(page)
        await _picture(page, "phone.jpg")
        await _opens_the_link(page)
        await _is_not_asked_again(page)
        await _by_telephone(page)
        await _by_whatsapp(page)
        await _picture(page, "phone-whatsapp.jpg")
        await _is_for_everybody(page)
        answers = await until(lambda: _answers(on))
        links = (await on.call("GET", "/v1/sms/links"))["links"]

    assert trouble == []
    assert answers == {("csat", "sms"): 4, ("nps", "ivr"): 10, ("ces", "whatsapp"): 6}
    assert [(one["link"], one["band"], one["openers"]) for one in links] == [("review", "high", 1)]
    tell(f"phone: {answers}, links {links}")


async def _answers(on: Stage) -> dict[tuple[str, str], int] | None:
    """Of the scores, by metric and channel: the one that was given."""
    found: dict[tuple[str, str], int] = {}
    for channel in ("sms", "ivr", "whatsapp"):
        told = await on.call("GET", "/v1/scores", channel=channel)
        for score in told["scores"]:
            if score["n"] == 1:
                (given,) = (value for value, n in score["histogram"].items() if n)
                found[score["metric"], channel] = int(given)
    return found if len(found) == 3 else None


async def _by_text(page: Page) -> None:
    await _ends(page, "billing", "Asha Rao", "Text")
    texts = page.get_by_role("log", name="Text messages")
    await expect(texts).to_contain_text("how satisfied were you with your call with Asha Rao?")
    await _writes(page, "Your text", "4, but slow")
    await expect(texts).to_contain_text("Thank you")


async def _opens_the_link(page: Page) -> None:
    """Of our domain, in a page of its own; it leads to where reviews are written."""
    link = page.get_by_role("log", name="Text messages").get_by_role("link")
    async with page.expect_popup() as opening:
        await link.click()
    opened = await opening.value
    await expect(opened.get_by_role("heading")).to_have_text("A page of public reviews")
    assert re.search(r"/l/sms/[\w-]{16}$", await link.get_attribute("href") or "")
    await opened.close()


async def _is_not_asked_again(page: Page) -> None:
    """Within a week, by whatever channel; with another number one is another person."""
    await _ends(page, "support", "Dev Mehta", "Telephone")
    journal = page.locator("#journal")
    await expect(journal).to_contain_text("You are not asked: frequency cap.")
    before = await page.locator("#number").text_content()
    await page.get_by_role("button", name="Call from a new number").click()
    await expect(journal).to_contain_text("You have a new number")
    assert await page.locator("#number").text_content() != before


async def _by_telephone(page: Page) -> None:
    await _ends(page, "support", "Dev Mehta", "Telephone")
    await expect(page.locator("#state")).to_have_text(re.compile("is calling"))
    await page.get_by_role("button", name="Pick up").click()
    heard = page.get_by_role("log", name="What is said")
    await expect(heard).to_contain_text("how likely are you to recommend us?")
    await _picture(page, "phone-call.jpg")
    for key in ("1", "0"):
        await page.keyboard.press(key)  # the focus is on the keypad
    await expect(page.locator("#state")).to_have_text("The call has ended.")
    await expect(heard).to_contain_text("Thank you")


async def _by_whatsapp(page: Page) -> None:
    await page.get_by_role("button", name="New number", exact=True).click()
    await _ends(page, "sales", "Hugo Blanc", "WhatsApp", agrees=False)
    journal = page.locator("#journal")
    await expect(journal).to_contain_text("You are not asked: no consent.")
    await _ends(page, "sales", "Hugo Blanc", "WhatsApp", agrees=True)
    chats = page.get_by_role("log", name="WhatsApp messages")
    await expect(chats).to_contain_text("made it easy to get what I called for")
    await chats.get_by_role("button", name="6", exact=True).click()
    await expect(chats.locator(".mine")).to_have_text("6")
    await expect(chats.locator("> div")).to_have_count(3)


async def _ends(
    page: Page, queue: str, agent: str, channel: str, *, agrees: bool | None = None
) -> None:
    await page.get_by_label("Queue").select_option(queue)
    await page.get_by_label("Agent").select_option(label=agent)
    await page.get_by_role("radio", name=channel).check()
    if agrees is not None:
        await page.get_by_label("I said yes").set_checked(agrees)
    await page.get_by_role("button", name="End the call").click()


async def _writes(page: Page, label: str, body: str) -> None:
    await page.get_by_label(label).fill(body)
    await page.keyboard.press("Enter")


async def _is_for_everybody(page: Page) -> None:
    """By an accessibility checker, light and dark; on 320 pixels; each app of the phone."""
    wrong: list[str] = []
    scheme: Any
    for app in ("Texts", "WhatsApp", "Phone"):
        await page.get_by_role("tab", name=app).click()
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [f"{app} in {scheme}: {one}" for one in await violations(page)]
        await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        if (found := await width(page)) > NARROW["width"]:
            wrong.append(f"{app} is {found} pixels wide")
        await page.set_viewport_size({"width": 1280, "height": 900})
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("tab", name="Texts").click()
    assert wrong == []


async def _picture(page: Page, name: str) -> None:
    if SCREENS:
        await page.screenshot(path=Path(SCREENS) / name, type="jpeg", quality=60)
