"""The outside world of the demo: a PBX of every vendor we know, a carrier, Meta, the callers."""

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import yaml

from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.pbx import scenario as pbx
from sandbox.pbx.calls import QUEUES, Kind
from sandbox.pbx.numbers import INTERNAL, LINES, PHONES
from sandbox.pbx.ours import MAPPING
from sandbox.pbx.play import Played, play
from sandbox.phone import serving as phone
from sandbox.phone.line import SPOKEN
from sandbox.phone.switch import Platform
from sandbox.serving import serve
from sandbox.whatsapp import endpoints as meta
from sandbox.whatsapp.cloud import Business, WhatsApp

WORKSPACE = "demo"
SID = "ACd0000000000000000000000000000000"
SENDERS = ("+16465550150", "+13125550151", "+14155550152", "+12065550153")
BUSINESS, CHAT_ID, CHATS = "102290129340398", "106540352242922", "+13475550160"
SOURCES = {
    "aircall": "demo-aircall",
    "freeswitch": "demo-freeswitch",
    "myoperator": "demo-myoperator",
    "mapped-json": "demo-mapped",
}
# The same link for everybody, whatever their score.
CLOSING = {
    "low": "We are sorry, and somebody will look into it. You may tell others, too: {link_review}",
    "middle": "Thank you for your time. You may tell others, too: {link_review}",
    "high": "Thank you, that makes our day! You may tell others, too: {link_review}",
}
# Test numbers count nowhere, so that asked + not asked is the number of calls.
SHARES: dict[Kind, float] = {**pbx.SHARES, Kind.TEST: 0.0}


@dataclass(frozen=True, slots=True)
class World:
    """A carrier that answers, callers who listen to it, and calls that are about to end.

    `rate`: bodies a second.
    """

    carrier: Carrier
    whatsapp: WhatsApp
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

    def configuration(self, review: str) -> dict[str, Any]:
        """The body of `PUT /v1/config`. `review`: where a public review would be written."""
        text = resources.files(__package__).joinpath("demo.yaml").read_text("utf-8")
        body: dict[str, Any] = yaml.safe_load(text)
        body["sources"][-1]["mapping"] = MAPPING
        texts, voice, chats = body["accounts"]
        texts["base_url"] = voice["base_url"] = self.carrier.base_url
        texts["senders"] = [{"number": number, "per_second": 50} for number in SENDERS]
        voice["senders"] = [{"number": number, "per_second": 5} for number in SENDERS]
        chats["base_url"] = self.whatsapp.base_url
        chats["senders"] = [{"number": CHATS, "phone_number_id": CHAT_ID, "per_second": 50}]
        body["workspaces"][0]["links"] = {"review": {"url": review, "kind": "review"}}
        for survey in body["surveys"]:
            survey["texts"] = {"en": {"thanks": CLOSING}}
        body["flows"] += [
            _of_the_phone(queue.name, queue.metric, channel)
            for queue in QUEUES.values()
            for channel in ("sms", "whatsapp", "ivr")
        ]
        body["numbers"] = [
            *({"number": number, "name": f"{queue} line"} for queue, number in LINES.items()),
            *({"number": number, "use": "internal"} for number in INTERNAL),
        ]
        return body

    def phone(
        self, url: str, key: str, *, spoken: float = SPOKEN
    ) -> AbstractAsyncContextManager[str]:
        """The address of a telephone that a person holds. `spoken`: characters a second on it."""
        platform = Platform(
            url=url,
            calls=f"{url}/v1/sources/{SOURCES['aircall']}/calls/{self.source_secret}",
            token=self.source_secret,
            key=key,
            workspace=WORKSPACE,
        )
        return phone.serve(
            self.carrier, self.whatsapp, platform, console=f"{url}/console", spoken=spoken
        )

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


def _of_the_phone(queue: str, survey: str, channel: str) -> dict[str, Any]:
    """For calls that a person at the phone ended; at any hour, for they are there."""
    return {
        "id": f"{queue}-by-{channel}",
        "survey": survey,
        "enabled": True,
        "priority": 10,
        "when": {"queues": [queue], "tags": [f"by-{channel}"]},
        "call_hours": "00:00-24:00",
        "plan": [{"channel": channel}],
    }


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
    business = Business(
        id=BUSINESS,
        token=token,
        secret=token,
        webhook=f"{public_url}/v1/whatsapp/callbacks/demo-whatsapp",
        numbers={CHAT_ID: CHATS},
    )
    async with (
        serve(Carrier, accounts={SID: account}, pace=0.05) as carrier,
        meta.serve([business], pace=0.05) as whatsapp,
    ):
        held = frozenset(PHONES)
        callers = Callers(carrier, seed=seed, late_after=3.0, not_for=held.__contains__)
        yield World(carrier, whatsapp, callers, calls, seed, rate, source_secret)
