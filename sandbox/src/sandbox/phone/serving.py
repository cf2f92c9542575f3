"""The phone's page, inside the caller's event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from sandbox.carrier import Carrier
from sandbox.pbx.numbers import PHONES
from sandbox.phone.desk import Desk, OfOwnFlows, OfTheDemo
from sandbox.phone.endpoints import application
from sandbox.phone.line import SPOKEN
from sandbox.phone.phones import Phones
from sandbox.phone.shelf import Shelf
from sandbox.phone.switch import Platform, Switch
from sandbox.server import listen
from sandbox.whatsapp.cloud import WhatsApp


@asynccontextmanager
async def serve(
    carrier: Carrier,
    whatsapp: WhatsApp,
    platform: Platform,
    *,
    console: str,
    own: bool = False,
    folder: Path | None = None,
    port: int = 0,
    spoken: float = SPOKEN,
) -> AsyncIterator[str]:
    """Its address on loopback, until the block ends.

    `console`: the address of the platform's pages. `own`: calls are about flows of the person's
    own, not the demo's. `folder`: where phones are kept. `spoken`: characters a second on a call.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        switch = Switch(platform, session)
        phones = Phones(
            numbers=PHONES,
            carrier=carrier,
            whatsapp=whatsapp,
            switch=switch,
            shelf=Shelf(folder) if folder else None,
            spoken=spoken,
        )
        desk: Desk = OfOwnFlows(switch) if own else OfTheDemo()
        app = application(phones, desk, console=console)
        async with listen(app, "127.0.0.1", port) as listener:
            try:
                yield listener.base_url
            finally:
                phones.close()
                await phones.tasks.stop()
