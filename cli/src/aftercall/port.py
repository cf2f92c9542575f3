"""The one port of 127.0.0.1 that a platform on one machine answers on."""

import errno
import socket

from aftercall.errors import Trouble

CHOOSE = "choose another with --port, or --port 0 for a free one"
_WHY = {
    errno.EADDRINUSE: "is in use",
    errno.EACCES: "is not allowed to you: ports below 1024 are root's",
}


class PortInUse(Trouble):
    """Nobody can listen on the port, or somebody else does."""


def listen(port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `PortInUse`."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
        sock.listen(1024)
    except OSError as error:
        sock.close()
        why = _WHY.get(error.errno or 0, f"cannot be listened on ({error.strerror})")
        raise PortInUse(f"port {port} of 127.0.0.1 {why}; {CHOOSE}") from None
    return sock
