"""Pages in a real Chromium, and what an accessibility checker finds on them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from common.testing.chromium import FLAGS, chromium
from common.testing.shared import locked

NARROW = {"width": 320, "height": 640}
STANDARD = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}


@asynccontextmanager
async def browser(run_folder: Path) -> AsyncIterator[Browser]:
    """`run_folder`: the fixture, for one process of a run installs it for all."""
    with locked(run_folder / "chromium.lock"):
        program = await asyncio.to_thread(chromium)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=str(program), args=[*FLAGS])
        try:
            yield started
        finally:
            await started.close()


async def violations(page: Page) -> list[str]:
    """What an accessibility checker finds, by WCAG 2.2 AA."""
    found = await Axe().run(page, options=STANDARD)
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary')}"
        for one in found.response["violations"]
    ]


async def width(page: Page) -> int:
    """CSS pixels that the page needs."""
    found: int = await page.evaluate("document.documentElement.scrollWidth")
    return found
