"""Meta's webhooks: signed over the bytes, many changes in one request, told again until taken."""

import asyncio
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import aiohttp

from sandbox.ledger import Ledger, Webhook, utc_now

if TYPE_CHECKING:
    from sandbox.whatsapp.cloud import Business

MOST = 1_000  # changes in one request


class _Waiting:
    def __init__(self, change: dict[str, Any], sid: str, name: str) -> None:
        self.change, self.sid, self.name = change, sid, name
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Posting:
    """`linger` in seconds: what comes within it goes in one request. `tries`: 0 is for ever."""

    def __init__(self, ledger: Ledger, *, linger: float = 0.02, tries: int = 0) -> None:
        self._ledger = ledger
        self._linger = linger
        self._tries = tries
        self._waiting: defaultdict[str, list[_Waiting]] = defaultdict(list)
        self._flushing: dict[str, asyncio.Task[None]] = {}
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        self.requests: list[int] = []  # how many changes each request told

    async def close(self) -> None:
        for task in self._flushing.values():
            task.cancel()
        await self._session.close()

    async def post(
        self, business: "Business", changes: Sequence[dict[str, Any]], *, sid: str, name: str
    ) -> None:
        """Returns when it was taken, or given up."""
        mine = [_Waiting(change, sid, name) for change in changes]
        self._waiting[business.id] += mine
        if business.id not in self._flushing:
            self._flushing[business.id] = asyncio.create_task(self._flush(business))
        await asyncio.gather(*(one.done for one in mine))

    async def _flush(self, business: "Business") -> None:
        while self._waiting[business.id]:
            await asyncio.sleep(self._linger)
            batch = self._waiting[business.id][:MOST]
            del self._waiting[business.id][:MOST]
            entry = {"id": business.id, "changes": [one.change for one in batch]}
            told = {"object": "whatsapp_business_account", "entry": [entry]}
            await self._tell(business, json.dumps(told).encode(), batch)
            for one in batch:
                one.done.set_result(None)
        del self._flushing[business.id]

    async def _tell(self, business: "Business", body: bytes, batch: Sequence[_Waiting]) -> None:
        self.requests.append(len(batch))
        attempt, pause = 0, 0.05
        while True:
            attempt += 1
            status = await self.send(business, body)
            for one in batch:
                self._ledger.add(
                    Webhook(
                        at=utc_now(),
                        sid=one.sid,
                        event=one.name,
                        url=business.webhook,
                        token=hashlib.sha256(body).hexdigest()[:32],
                        attempt=attempt,
                        status=status,
                    )
                )
            if status == 200 or attempt == self._tries:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    async def send(self, business: "Business", body: bytes) -> int | None:
        """One try; also a way to send the same bytes again."""
        signed = hmac.new(business.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signed}", "Content-Type": "application/json"}
        try:
            async with self._session.post(
                business.webhook, data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
