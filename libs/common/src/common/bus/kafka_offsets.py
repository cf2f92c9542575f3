"""How far topics and groups are, as partitions' leaders and groups' coordinators say now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from common.bus import Partition
from common.bus.kafka_trouble import TROUBLE, retry
from common.bus.security import Security

T = TypeVar("T")
_DEADLINE = 5.0  # seconds for one answer; callers who need it sooner cancel


class KafkaOffsets:
    """Asks for one group, or for none; it is no member of it. Rebuilt after any trouble."""

    def __init__(
        self, servers: str, client_id: str, *, namespace: str, group: str | None, security: Security
    ) -> None:
        self._servers = servers
        self._client_id = client_id
        self._namespace = namespace
        self._group = group
        self._security = security
        self._client: Any = None
        self._turn = asyncio.Lock()

    async def ends(self, topic: str) -> Mapping[Partition, int]:
        """Raises `Retry`, also when one partition has no leader that answers."""
        return await self._ask(self._ends, topic)

    async def handled(self, topic: str) -> Mapping[Partition, int]:
        """Raises `Retry`."""
        return await self._ask(self._handled, topic)

    async def close(self) -> None:
        async with self._turn:
            await self._abandon()

    async def _ask(
        self, question: Callable[[Any, list[Any]], Awaitable[Mapping[Any, int]]], topic: str
    ) -> Mapping[Partition, int]:
        async with self._turn:
            try:
                async with asyncio.timeout(_DEADLINE):
                    client = await self._started()
                    partitions = await self._partitions(client, topic)
                    found = await question(client, partitions)
            except TROUBLE as error:
                await self._abandon()
                raise retry(error) from error
            except asyncio.CancelledError:  # by a caller's deadline: the connection may hang
                await self._abandon()
                raise
        return {Partition(topic, tp.partition): found[tp] for tp in partitions}

    async def _partitions(self, client: Any, topic: str) -> list[Any]:
        name = self._namespace + topic
        return [TopicPartition(name, n) for n in await client._client._wait_on_metadata(name)]

    async def _ends(self, client: Any, partitions: list[Any]) -> Mapping[Any, int]:
        found: Mapping[Any, int] = await client.end_offsets(partitions)
        return found

    async def _handled(self, client: Any, partitions: list[Any]) -> Mapping[Any, int]:
        # One request for all; the client's public method makes one for each.
        committed = await client._coordinator.fetch_committed_offsets(partitions)
        known = {tp: meta.offset for tp, meta in committed.items() if meta.offset >= 0}
        rest = [tp for tp in partitions if tp not in known]
        return known | (await client.beginning_offsets(rest) if rest else {})

    async def _started(self) -> Any:
        if self._client is None:
            client = AIOKafkaConsumer(
                bootstrap_servers=self._servers,
                client_id=f"{self._client_id}-offsets",
                group_id=None if self._group is None else self._namespace + self._group,
                enable_auto_commit=False,
                **self._security.arguments(),
            )
            self._client = client
            await client.start()
        return self._client

    async def _abandon(self) -> None:
        """Without waiting for a broker that may be away."""
        client, self._client = self._client, None
        if client is None:
            return
        await client._client.close()
        try:
            async with asyncio.timeout(1.0):
                await client.stop()
        except TROUBLE:
            pass
