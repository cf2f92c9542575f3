"""What a Kafka cluster says about our topics: for the operator, never on the way of a record."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from common.bus.existing import Existing
from common.bus.kafka_trouble import TROUBLE, in_words, reason
from common.bus.security import PLAIN, Security
from common.errors import Retry

_RETENTION = "retention.ms"
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """`topics` by our names, without the namespace."""

    brokers: int
    topics: dict[str, Existing]


async def look(
    servers: str, *, namespace: str = "", security: Security = PLAIN, deadline: float = 15.0
) -> Cluster:
    """All topics of the namespace. Raises `Retry` when no broker answers within `deadline` s.

    It says why: who may look waits for an answer, where a service would only try again.
    """
    try:
        async with asyncio.timeout(deadline):
            return await _look(servers, namespace, security)
    except TROUBLE as error:
        raise Retry(f"kafka: {await reason(servers, security) or in_words(error)}") from error


async def _look(servers: str, namespace: str, security: Security) -> Cluster:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=servers, client_id="aftercall-look", **security.arguments()
    )
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        names = [name for name in await admin.list_topics() if name.startswith(namespace)]
        described = await admin.describe_topics(names) if names else []
        kept = await _retention(admin, names)
    finally:
        await admin.close()
    found = {
        topic["topic"].removeprefix(namespace): Existing(
            partitions=len(topic["partitions"]),
            replicas=min(len(part["replicas"]) for part in topic["partitions"]),
            retention_days=kept.get(topic["topic"]),
        )
        for topic in described
        if topic["partitions"]
    }
    return Cluster(brokers, found)


async def _retention(admin: Any, names: list[str]) -> dict[str, float]:
    """Days by topic; what is kept for ever is infinite."""
    if not names:
        return {}
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, name, configs={_RETENTION: None}) for name in names
    ]
    kept: dict[str, float] = {}
    for answer in await admin.describe_configs(asked):
        for _code, _message, _kind, name, entries in answer.resources:
            for entry in entries:
                if entry[0] == _RETENTION:
                    kept[name] = int(entry[1]) / _DAY_MS if int(entry[1]) >= 0 else float("inf")
    return kept
