"""The topics in Apache Kafka. `kafka*.py` are the only modules that import aiokafka."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError

from common.bus import Message, NotOurs, OnRevoked, Partition
from common.bus.appending import DEAD_LIMIT, appender, check
from common.bus.existing import retention_days
from common.bus.kafka_member import ReaderSettings
from common.bus.kafka_offsets import KafkaOffsets
from common.bus.kafka_reader import KafkaSubscription
from common.bus.kafka_trouble import TROUBLE, retry
from common.bus.kafka_writer import KafkaWriter
from common.bus.security import PLAIN, Security
from common.errors import Retry
from common.topics import DEAD_SUFFIX

_DAY_MS = 86_400_000
_NO_ERROR = 0


class KafkaBus:
    """`servers`: `host:port,...`. `namespace` is put before every topic and group (tests)."""

    def __init__(
        self,
        servers: str,
        *,
        client_id: str = "aftercall",
        namespace: str = "",
        security: Security = PLAIN,
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
        self._security = security
        self._writer = KafkaWriter(
            servers, client_id, namespace=namespace, security=security, deadline=deadline
        )
        self._appender = appender(self._writer.write)
        self._asking: dict[str | None, KafkaOffsets] = {}  # by group; None: of topics alone
        self._settings = ReaderSettings(
            servers=servers,
            client_id=client_id,
            namespace=namespace,
            security=security,
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
        except TROUBLE as error:
            raise retry(error) from error

    async def ends(self, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(None).ends(topic)

    async def handled(self, group: str, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(group).handled(topic)

    async def ready(self) -> None:
        await self._writer.ready()

    async def close(self) -> None:
        await self._appender.close()
        await self._writer.close()
        for asking in self._asking.values():
            await asking.close()

    def _offsets(self, group: str | None) -> KafkaOffsets:
        if group not in self._asking:
            self._asking[group] = KafkaOffsets(
                self._servers,
                self._client_id,
                namespace=self._namespace,
                group=group,
                security=self._security,
            )
        return self._asking[group]

    async def _create(self, partitions: Mapping[str, int]) -> None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._servers,
            client_id=f"{self._client_id}-admin",
            **self._security.arguments(),
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
        refused = []
        for name, code, reason in answer.topic_errors:  # the client raises none of them
            if code == TopicAuthorizationFailedError.errno:
                refused.append(name)
            elif code not in (_NO_ERROR, TopicAlreadyExistsError.errno):
                raise Retry(f"kafka: topic {name} could not be made: {reason}")
        if refused:
            raise NotOurs(f"kafka: no grant to make {', '.join(sorted(refused))}")


def _configuration(topic: str) -> dict[str, str]:
    kept = {"retention.ms": str(retention_days(topic) * _DAY_MS)}
    if topic.endswith(DEAD_SUFFIX):
        # A record that was just small enough for its topic, and headers that say why it is dead.
        return kept | {"max.message.bytes": str(DEAD_LIMIT + 100_000)}
    return kept
