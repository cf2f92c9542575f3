"""The one port of 127.0.0.1 that a platform on one machine answers on."""

import socket


class PortInUse(Exception):
    """Somebody else listens on the port."""


def listen(port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `PortInUse`."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise PortInUse(f"port {port} of 127.0.0.1 is in use; choose another with --port") from None
    sock.listen(1024)
    return sock
