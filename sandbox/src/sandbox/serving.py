"""A carrier over HTTP, inside the caller's event loop."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TypeVar

from sandbox.carrier import Carrier
from sandbox.endpoints import application
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.messages import Account
from sandbox.server import listen
from sandbox.webhooks import Webhooks

C = TypeVar("C", bound=Carrier)


@contextlib.asynccontextmanager
async def serve(
    kind: type[C],
    *,
    accounts: Mapping[str, str | Account],
    port: int = 0,
    host: str = "127.0.0.1",
    faults: Faults = Faults(),
    ledger_path: Path | None = None,
    webhook_tries: int | None = None,
    webhook_timeout: float = 15.0,
    pace: float = 0.0,
    control: bool = True,
) -> AsyncIterator[C]:
    """A carrier until the block ends. `webhook_tries`: see `Webhooks`; `pace`: see `Carrier`.

    `control`: whoever reaches it may set faults and write as any person.
    """
    with Ledger(ledger_path) as ledger:
        webhooks = Webhooks(ledger, tries=webhook_tries, timeout=webhook_timeout)
        carrier = kind(
            accounts=accounts, ledger=ledger, webhooks=webhooks, faults=faults, pace=pace
        )
        try:
            async with listen(
                application(carrier, control=control), host, port
            ) as carrier.listener:
                yield carrier
        finally:
            await carrier.tasks.stop()
            await webhooks.close()
