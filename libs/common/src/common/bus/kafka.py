"""The topics in Apache Kafka. `kafka*.py` are the only modules that import aiokafka."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from common.bus import Message, OnRevoked, Partition
from common.bus.appending import DEAD_LIMIT, appender, check
from common.bus.existing import retention_days
from common.bus.kafka_member import ReaderSettings
from common.bus.kafka_offsets import KafkaOffsets
from common.bus.kafka_reader import KafkaSubscription
from common.bus.kafka_writer import KafkaWriter
from common.errors import Retry
from common.topics import DEAD_SUFFIX

_DAY_MS = 86_400_000
_NO_ERROR = 0
_NOBODY = "aftercall.offsets"  # a group without members, for who only asks how far topics are


class KafkaBus:
    """`servers`: `host:port,...`. `namespace` is put before every topic and group (tests)."""

    def __init__(
        self,
        servers: str,
        *,
        client_id: str = "aftercall",
        namespace: str = "",
        deadline: float = 10.0,
        session_timeout: float = 10.0,
        rebalance_timeout: float = 60.0,
        metadata_max_age: float = 5.0,
    ) -> None:
        """All in seconds: `deadline` of a publish; `session_timeout` until a silent member is out;

        `rebalance_timeout` longer than the slowest batch; `metadata_max_age` until a new topic
        that matches a pattern is seen.
        """
        self._servers = servers
        self._client_id = client_id
        self._namespace = namespace
        self._writer = KafkaWriter(servers, client_id, namespace=namespace, deadline=deadline)
        self._appender = appender(self._writer.write)
        self._asking: dict[str, KafkaOffsets] = {}  # by group
        self._settings = ReaderSettings(
            servers=servers,
            client_id=client_id,
            namespace=namespace,
            session_timeout=session_timeout,
            rebalance_timeout=rebalance_timeout,
            metadata_max_age=metadata_max_age,
        )

    async def publish(self, messages: Sequence[Message]) -> None:
        check(messages)
        await self._appender.put(*messages)

    def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        pattern: str | None = None,
        on_revoked: OnRevoked | None = None,
        linger: float = 0.0,
    ) -> KafkaSubscription:
        return KafkaSubscription(
            self._settings, group, topics, pattern=pattern, on_revoked=on_revoked, linger=linger
        )

    async def create_topics(self, partitions: Mapping[str, int]) -> None:
        try:
            async with asyncio.timeout(30):
                await self._create(partitions)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Retry(f"kafka: {type(error).__name__}") from error

    async def ends(self, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(_NOBODY).ends(topic)

    async def handled(self, group: str, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(group).handled(topic)

    async def ready(self) -> None:
        await self._writer.ready()

    async def close(self) -> None:
        await self._appender.close()
        await self._writer.close()
        for asking in self._asking.values():
            await asking.close()

    def _offsets(self, group: str) -> KafkaOffsets:
        if group not in self._asking:
            self._asking[group] = KafkaOffsets(
                self._servers, self._client_id, namespace=self._namespace, group=group
            )
        return self._asking[group]

    async def _create(self, partitions: Mapping[str, int]) -> None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._servers, client_id=f"{self._client_id}-admin"
        )
        try:
            await admin.start()
            brokers = len((await admin.describe_cluster())["brokers"])
            topics = [
                NewTopic(
                    self._namespace + name,
                    count,
                    min(3, brokers),
                    topic_configs=_configuration(name),
                )
                for name, count in partitions.items()
            ]
            answer = await admin.create_topics(topics)
        finally:
            await admin.close()
        for name, code, reason in answer.topic_errors:  # the client raises none of them
            if code not in (_NO_ERROR, TopicAlreadyExistsError.errno):
                raise Retry(f"kafka: topic {name} could not be made: {reason}")


def _configuration(topic: str) -> dict[str, str]:
    kept = {"retention.ms": str(retention_days(topic) * _DAY_MS)}
    if topic.endswith(DEAD_SUFFIX):
        # A record that was just small enough for its topic, and headers that say why it is dead.
        return kept | {"max.message.bytes": str(DEAD_LIMIT + 100_000)}
    return kept
