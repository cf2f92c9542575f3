"""Ports for servers that a test starts a moment later, in another process perhaps."""

import socket
from random import SystemRandom

# Below those that systems hand out by themselves (Linux from 32,768, others from 49,152), so that
# no connection and no server at port 0 takes one before it is used.
_PORTS = range(20_000, 32_000)
_given: set[int] = set()  # by this process, to servers that may not listen yet
_draw = SystemRandom().choice  # not as the tests' seed says: each worker has the same


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """All different, and different from those that this process was given before."""
    found: list[int] = []
    while len(found) < count:
        port = _draw(_PORTS)
        if port not in _given and _is_free(port):
            _given.add(port)
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
