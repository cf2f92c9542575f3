"""The demo's platform with the outside world around it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aftercall.demo.world import WORKSPACE, World, world
from aftercall.keys import first_key
from aftercall.platform import Platform, platform
from common.process.settings import CommonSettings
from sandbox.pbx.scenario import Scenario
from sandbox.phone.line import SPOKEN


@dataclass(frozen=True, slots=True)
class Stage:
    """`key` may do everything; `phone` is the address of the phone in the browser."""

    up: Platform
    outside: World
    key: str
    phone: str

    async def configure(self) -> Scenario:
        """The calls to come; who among the callers said no is already on record."""
        await self.call(
            "PUT", "/v1/config", json=self.outside.configuration(f"{self.phone}/review")
        )
        if not (await self.call("GET", "/v1/alerts/rules"))["rules"]:
            rule = {"name": "Unhappy callers", "kind": "low_rating"}
            await self.call("POST", "/v1/alerts/rules", json=rule)
        scenario = self.outside.scenario()
        no = [{"address": n, "channel": "all", "state": "withdrawn"} for n in scenario.opted_out]
        await self.call("POST", "/v1/consent/import", json=no)
        return scenario

    async def call(self, method: str, path: str, *, json: Any = None, **params: str) -> Any:
        """The platform's answer. Raises RuntimeError for what is none."""
        answer = await self.up.runtime.http.request(
            method,
            f"{self.up.url}{path}",
            params={"workspace": WORKSPACE, **params},
            json=json,
            headers={"Authorization": f"Bearer {self.key}"},
        )
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


@asynccontextmanager
async def stage(
    settings: CommonSettings,
    sock: socket.socket,
    *,
    calls: int,
    seed: int,
    rate: float = 40.0,
    spoken: float = SPOKEN,
) -> AsyncIterator[Stage]:
    """All of it, until the block ends. `rate`: bodies of calls a second; `spoken`: see `phone`."""
    async with (
        platform(settings, sock) as up,
        world(calls=calls, seed=seed, rate=rate, public_url=settings.public_url) as outside,
    ):
        key = await first_key(up.runtime.db) or ""
        async with outside.phone(up.url, key, spoken=spoken) as phone:
            yield Stage(up, outside, key, phone)
