"""The phone's page, inside the caller's event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from sandbox.carrier import Carrier
from sandbox.pbx.numbers import PHONES
from sandbox.phone.endpoints import application
from sandbox.phone.line import SPOKEN
from sandbox.phone.phones import Phones
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
    port: int = 0,
    spoken: float = SPOKEN,
) -> AsyncIterator[str]:
    """Its address on loopback, until the block ends.

    `console`: the address of the platform's pages. `spoken`: characters a second on a call.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        switch = Switch(platform, session)
        phones = Phones(
            numbers=PHONES, carrier=carrier, whatsapp=whatsapp, switch=switch, spoken=spoken
        )
        async with listen(application(phones, console=console), "127.0.0.1", port) as listener:
            try:
                yield listener.base_url
            finally:
                phones.close()
                await phones.tasks.stop()
