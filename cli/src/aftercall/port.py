"""The ports of 127.0.0.1 that a platform on one machine answers on."""

import socket

from aftercall.errors import Trouble
from common.process.listening import CannotListen, bound

CHOOSE = "choose another with --port, or --port 0 for a free one"


class PortInUse(Trouble):
    """Nobody can listen on the port, or somebody else does."""


def listen(port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `PortInUse`."""
    sock = taken(port)
    sock.listen(1024)
    return sock


def taken(port: int, todo: str = CHOOSE) -> socket.socket:
    """Not listening yet. Raises `PortInUse`."""
    try:
        return bound("127.0.0.1", port, todo=todo)
    except CannotListen as error:
        raise PortInUse(str(error)) from None
