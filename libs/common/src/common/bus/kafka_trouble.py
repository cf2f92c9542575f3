"""What went wrong between us and Kafka, in words: never a password, nor a record."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from common.bus.security import Security
from common.errors import Retry

TROUBLE = (KafkaError, OSError, TimeoutError)
_PATIENCE = 5.0  # seconds for one broker


def retry(error: BaseException) -> Retry:
    """What callers are told about one of `TROUBLE`."""
    return Retry(f"kafka: {in_words(error)}")


def in_words(error: BaseException) -> str:
    """With the topic or the group, where a grant is missing."""
    match error:
        case TopicAuthorizationFailedError():
            return f"no grant for topic {_names(error.args)}"
        case GroupAuthorizationFailedError():
            return f"no grant for group {_names(error.args)}"
        case SaslAuthenticationFailed():
            return "it refuses this user or password"
        case UnsupportedSaslMechanismError():
            return "it does not offer this SASL mechanism"
        case ssl.SSLCertVerificationError():
            return f"its certificate is refused: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    return type(error).__name__


def _names(values: Iterable[Any]) -> str:
    """Of topics or groups; aiokafka gives one, or a set of them."""
    found: set[str] = set()
    for value in values:
        found |= {value} if isinstance(value, str) else {str(one) for one in value}
    return ", ".join(sorted(found)) or "of unknown name"


async def reason(servers: str, security: Security) -> str:
    """Why no broker lets us in; empty when one does. Speaks to each in turn, without retries."""
    found = ""
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            arguments = security.arguments()
            async with asyncio.timeout(_PATIENCE):
                connection = await create_conn(host, int(port), **arguments)
                try:
                    await connection.send(MetadataRequest([]))
                finally:
                    connection.close()
        except (*TROUBLE, ValueError) as error:
            found = f"{server.strip()}: {_told(error, security)}"
        else:
            return ""
    return found


def _told(error: BaseException, security: Security) -> str:
    match error:
        case ConnectionRefusedError():
            return "nobody listens there"
        case socket.gaierror():
            return "there is no such host"
        case KafkaConnectionError() | ConnectionResetError() | IllegalSaslStateError():
            return f"it closes the connection; does this listener speak {security.protocol}?"
    return in_words(error)
