"""The outside world of the demo: a PBX of every vendor we know, a carrier, and the callers."""

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import yaml

from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.pbx import scenario as pbx
from sandbox.pbx.calls import Kind
from sandbox.pbx.numbers import INTERNAL, LINES
from sandbox.pbx.ours import MAPPING
from sandbox.pbx.play import Played, play
from sandbox.serving import serve

WORKSPACE = "demo"
SID = "ACd0000000000000000000000000000000"
SENDERS = ("+16465550150", "+13125550151", "+14155550152", "+12065550153")
SOURCES = {
    "aircall": "demo-aircall",
    "freeswitch": "demo-freeswitch",
    "myoperator": "demo-myoperator",
    "mapped-json": "demo-mapped",
}
# Test numbers count nowhere, so that asked + not asked is the number of calls.
SHARES: dict[Kind, float] = {**pbx.SHARES, Kind.TEST: 0.0}


@dataclass(frozen=True, slots=True)
class World:
    """A carrier that answers, callers who listen to it, and calls that are about to end.

    `rate`: bodies a second.
    """

    carrier: Carrier
    callers: Callers
    calls: int
    seed: int
    rate: float
    source_secret: str

    def scenario(self) -> pbx.Scenario:
        """Calls that end while they are posted: none before the flows were switched on."""
        lasts = timedelta(seconds=self.calls / self.rate)
        return pbx.scenario(
            self.calls,
            now=datetime.now(UTC) + lasts,
            seed=self.seed,
            within=lasts,
            shares=SHARES,
            style=pbx.Style(workspace=WORKSPACE, extras=True),
        )

    def configuration(self) -> dict[str, Any]:
        """The body of `PUT /v1/config`."""
        text = resources.files(__package__).joinpath("demo.yaml").read_text("utf-8")
        body: dict[str, Any] = yaml.safe_load(text)
        body["sources"][-1]["mapping"] = MAPPING
        account = body["accounts"][0]
        account["base_url"] = self.carrier.base_url
        account["senders"] = [{"number": number, "per_second": 50} for number in SENDERS]
        body["numbers"] = [
            *({"number": number, "name": f"{queue} line"} for queue, number in LINES.items()),
            *({"number": number, "use": "internal"} for number in INTERNAL),
        ]
        return body

    async def calls_end(
        self, scenario: pbx.Scenario, url: str, key: str, *, progress: Callable[[Played], None]
    ) -> Played:
        """Posts every body to the platform."""
        urls = {
            vendor: f"{url}/v1/sources/{source}/calls/{self.source_secret}"
            for vendor, source in SOURCES.items()
        }
        return await play(
            scenario.calls,
            urls | {"cloudevents": f"{url}/v1/events"},
            headers={"cloudevents": {"Authorization": f"Bearer {key}"}},
            ledger=self.carrier.ledger,
            had_call=self.callers.had_call,
            progress=progress,
            rate=self.rate,
        )


@asynccontextmanager
async def world(*, calls: int, seed: int, rate: float, public_url: str) -> AsyncIterator[World]:
    """Up until the block ends. Its secrets are made here and put in this process's environment."""
    token, source_secret = secrets.token_hex(16), secrets.token_urlsafe(16)
    os.environ["AFTERCALL_SECRET_DEMO_TOKEN"] = token
    os.environ["AFTERCALL_SECRET_DEMO_SOURCE"] = source_secret
    account = Account(
        token,
        numbers=SENDERS,
        inbound_url=f"{public_url}/v1/sms/callbacks/demo-carrier/inbound",
    )
    async with serve(Carrier, accounts={SID: account}, pace=0.05) as carrier:
        callers = Callers(carrier, seed=seed, late_after=3.0)
        yield World(carrier, callers, calls, seed, rate, source_secret)
