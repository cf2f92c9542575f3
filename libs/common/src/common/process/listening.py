"""Where a process listens: bound before anything else begins, or said in words why it cannot be."""

import errno
import socket

_WHY = {
    errno.EADDRINUSE: "is in use",
    errno.EADDRNOTAVAIL: "is not of this machine",
    errno.EACCES: "is not allowed to you: ports below 1024 are root's",
}


class CannotListen(Exception):
    """Somebody else listens there, or nobody may."""


def bound(host: str, port: int, *, todo: str) -> socket.socket:
    """Not listening yet; port 0 takes a free one. Raises `CannotListen`, which ends with `todo`."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        why = _WHY.get(error.errno or 0, f"cannot be listened on ({error.strerror})")
        raise CannotListen(f"port {port} of {host} {why}; {todo}") from None
    return sock
