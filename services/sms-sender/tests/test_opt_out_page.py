"""The page of the link by which people opt out, in a real Chromium, with scripts switched off."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs
from playwright.async_api import Browser, Page, expect

from common.testing.browser import NARROW, browser, violations, width
from sms_sender.testing import CALLER, SURVEY, Stack, person, step

SCREENS = os.environ.get("AFTERCALL_TEST_SCREENS")  # a folder: pictures of pages for people
TEXTS = structs.replace(SURVEY.texts, opt_out="No more: {opt_out_link}")
pytestmark = pytest.mark.integration


@pytest.fixture
async def chromium(run_folder: Path) -> AsyncIterator[Browser]:
    async with browser(run_folder) as started:
        yield started


async def _link(stack: Stack, language: str, number: str) -> str:
    ask = step(number, questionnaire=structs.replace(SURVEY, language=language, texts=TEXTS))
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    return stack.texts(number)[-1].rpartition(" ")[2]


async def _is_for_everybody(page: Page, name: str) -> None:
    """Also seen closely: with the letters that axe needs a script for switched on."""
    assert await violations(page) == []
    assert await width(page) <= NARROW["width"]
    if SCREENS:
        await page.screenshot(path=Path(SCREENS) / f"opt-out-{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("language", "button", "done"),
    [
        ("en", "Stop surveys", "You will get no more surveys from Acme by SMS."),
        ("he", "הפסקת הסקרים", "לא יישלחו אליך עוד סקרים מאת"),
    ],
)
async def test_one_button_that_everybody_can_press(
    stack: Stack, chromium: Browser, scheme: str, language: str, button: str, done: str
) -> None:
    url = await _link(stack, language, CALLER)
    trouble: list[str] = []
    page = await chromium.new_page(viewport=NARROW, color_scheme=scheme)
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    await page.goto(url)
    await _is_for_everybody(page, f"{language}-{scheme}")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name=button)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading")).to_contain_text(done)
    await _is_for_everybody(page, f"{language}-{scheme}-done")

    assert trouble == []


async def test_it_works_without_scripts_and_its_policy_lets_its_style_and_its_form_be(
    stack: Stack, chromium: Browser
) -> None:
    url = await _link(stack, "en", person(2))
    trouble: list[str] = []
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    await page.goto(url)
    button = page.get_by_role("button")
    box = await button.bounding_box()
    await button.click()
    await expect(page.get_by_role("heading")).to_have_text(
        "You will get no more surveys from Acme by SMS."
    )
    rows = await stack.fetch("select suppressed from sms_sender.contacts")

    assert box is not None
    assert box["height"] >= 44  # CSS pixels: the style counts
    assert [row["suppressed"] for row in rows] == [True]
    assert trouble == []
