"""The visitor's switch: it tells the platform that a call of theirs has ended."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from sandbox.pbx import aircall
from sandbox.pbx.calls import QUEUES, Agent, Kind, PbxCall, Queue
from sandbox.phone.refusals import Trouble, Unknown

PATIENCE = 10.0  # seconds for a decision
TALKED = timedelta(minutes=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    """`channel` is a tag of the call: sms | whatsapp | ivr. `agrees`: they said yes to WhatsApp."""

    queue: Queue
    agent: Agent
    channel: str
    agrees: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`flow` of an ask; `reason` of none."""

    asked: bool
    flow: str | None = None
    reason: str | None = None


def ended_call(queue: str, agent: str, channel: str, *, agrees: bool) -> EndedCall:
    """Raises `Unknown` for who does not work there."""
    found = QUEUES.get(queue)
    who = next((one for one in found.agents if one.id == agent), None) if found else None
    if found is None or who is None:
        raise Unknown("no such queue or agent")
    return EndedCall(queue=found, agent=who, channel=channel, agrees=agrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One workspace of it. `calls`: where it takes Aircall's bodies, with `token` in them.

    `key` writes consent and reads decisions.
    """

    url: str
    calls: str
    token: str
    key: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Tells that platform."""

    platform: Platform
    session: aiohttp.ClientSession

    async def end(self, number: str, call: EndedCall) -> str:
        """The interaction's id, when the platform has taken it. Raises `Trouble`."""
        post = aircall.ended(
            _happened(number, call), number, token=self.platform.token, tags=(f"by-{call.channel}",)
        )
        headers = {"Content-Type": post.content_type}
        told = await self._ask("POST", self.platform.calls, data=post.body, headers=headers)
        return str(told["interaction_id"])

    async def consent(self, number: str, state: str) -> None:
        """To WhatsApp: granted | withdrawn. Raises `Trouble`."""
        said = {"address": number, "channel": "whatsapp", "state": state}
        await self._ask("PUT", f"{self.platform.url}/v1/consent", json=said)

    async def verdict(self, interaction: str) -> Verdict:
        """Raises `Trouble` when there is none after ten seconds."""
        url = f"{self.platform.url}/v1/decisions/{interaction}"
        try:
            async with asyncio.timeout(PATIENCE):
                while (told := await self._found(url)) is None:  # noqa: ASYNC110 - polled as anybody must
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Trouble("the platform has decided nothing so far") from None
        return Verdict(
            asked=told["verdict"] == "invite", flow=told["flow_id"], reason=told["reason"]
        )

    async def _found(self, url: str) -> Mapping[str, Any] | None:
        try:
            return await self._ask("GET", url)
        except Trouble:
            return None

    async def _ask(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self.platform.key}", **more.pop("headers", {})}
        params = {} if url == self.platform.calls else {"workspace": self.platform.workspace}
        try:
            async with self.session.request(
                method, url, headers=headers, params=params, **more
            ) as response:
                if response.status >= 300:
                    raise Trouble(f"the platform answered {response.status}")
                told: Mapping[str, Any] = await response.json()
                return told
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Trouble(f"the platform does not answer: {type(error).__name__}") from None


def _happened(number: str, call: EndedCall) -> PbxCall:
    now = datetime.now(UTC).replace(microsecond=0)
    return PbxCall(
        vendor="aircall",
        call_id=str(secrets.randbelow(10**9) + 900_000_000),
        kind=Kind.CONNECTED,
        ending="connected",
        direction="inbound",
        customer=number,
        queue=call.queue.name,
        agents=(call.agent,),
        started_at=now - TALKED - timedelta(seconds=20),
        answered_at=now - TALKED,
        ended_at=now,
        quality=call.agent.quality,
    )
