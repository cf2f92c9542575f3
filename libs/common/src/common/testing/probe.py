"""Which Kafka listens at an address: one Metadata request, without a client library."""

import socket
import struct

_METADATA, _VERSION = 3, 2


def cluster_id(servers: str, *, timeout: float = 2.0) -> str | None:
    """The cluster id of the first address; None while no broker there is ready for clients."""
    host, _, port = servers.split(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=timeout) as connection:
            connection.settimeout(timeout)
            name = b"probe"
            # header: API, version, correlation, client; body: an empty list of topics
            body = struct.pack(f">hhih{len(name)}si", _METADATA, _VERSION, 1, len(name), name, 0)
            connection.sendall(struct.pack(">i", len(body)) + body)
            (size,) = struct.unpack(">i", _read(connection, 4))
            return _cluster_id(_read(connection, size))
    except OSError:
        return None


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def _cluster_id(body: bytes) -> str | None:
    at = 4  # the correlation id
    (brokers,) = struct.unpack_from(">i", body, at)
    at += 4
    for _ in range(brokers):
        at += 4  # its id
        (length,) = struct.unpack_from(">h", body, at)
        at += 2 + length + 4  # its host and port
        (length,) = struct.unpack_from(">h", body, at)
        at += 2 + max(length, 0)  # its rack
    (length,) = struct.unpack_from(">h", body, at)
    return body[at + 2 : at + 2 + length].decode() if brokers and length > 0 else None
