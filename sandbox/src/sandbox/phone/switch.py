"""The visitor's switch: it tells the platform that a call of theirs has ended."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from sandbox.pbx import aircall
from sandbox.pbx.calls import Agent, Kind, PbxCall
from sandbox.phone.refusals import Trouble

PATIENCE = 10.0  # seconds for a decision
TALKED = timedelta(minutes=4)
PAUSE, LOOKS = 0.5, 40  # seconds between two looks at an ask; how many
_AHEAD = frozenset({"planned", "passed_over"})
_WENT_WRONG = frozenset({"failed", "unknown", "cancelled"})
SOON = timedelta(minutes=1)  # that is at once, for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    """`line`: our number, E.164. `tags` of the call. `agrees` to WhatsApp; None: as before."""

    queue: str
    agent: Agent
    line: str
    tags: tuple[str, ...] = ()
    agrees: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`flow` and `channel` of an ask, `due` when not at once; `reason` of none."""

    asked: bool
    invitation: str | None = None
    flow: str | None = None
    channel: str | None = None
    due: str | None = None
    reason: str | None = None


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
            _happened(number, call), number, token=self.platform.token, tags=call.tags
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
            asked=told["verdict"] == "invite",
            invitation=told["invitation_id"],
            flow=told["flow_id"],
            channel=told["channel"],
            due=_later(told["due_at"]),
            reason=told["reason"],
        )

    async def trouble_with(self, invitation: str) -> str | None:
        """Why the ask did not go out; None once it did, or when it still may. Raises `Trouble`."""
        url = f"{self.platform.url}/v1/invitations/{invitation}"
        for _ in range(LOOKS):
            told = await self._ask("GET", url)
            tried = [one for one in told["steps"] if one["state"] not in _AHEAD]
            last = tried[-1] if tried else {"state": "planned"}
            if last["state"] in _WENT_WRONG:
                return f"{last['channel']} {last['state']}, {last.get('reason') or told['reason']}"
            if last["state"] == "delivered":
                return None
            await asyncio.sleep(PAUSE)
        return None

    async def flows(self) -> Sequence[Mapping[str, Any]]:
        """Of the workspace. Raises `Trouble`."""
        told: Sequence[Mapping[str, Any]] = (
            await self._ask("GET", f"{self.platform.url}/v1/flows")
        )["flows"]
        return told

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
        queue=call.queue,
        our_number=call.line,
        agents=(call.agent,),
        started_at=now - TALKED - timedelta(seconds=20),
        answered_at=now - TALKED,
        ended_at=now,
        quality=call.agent.quality,
    )


def _later(due: str | None) -> str | None:
    if due is None or datetime.fromisoformat(due) < datetime.now(UTC) + SOON:
        return None
    return due
