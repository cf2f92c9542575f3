"""TLS before a PostgreSQL whose build has none, as a pooler or a cloud's proxy ends it elsewhere.

What a client verifies, and when it refuses, is all on its side of this. A process of its own:
`python -m common.testing.postgres_tls FOLDER CERTIFICATE PORT`.
"""

import asyncio
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvloop

from common.testing.ports import free_port

_SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))
_PART = 64 * 1024


@contextmanager
def tls_before(folder: Path, certificate: Path) -> Iterator[int]:
    """The port of 127.0.0.1 that leads to the server in `folder`; without TLS nobody gets there."""
    port = free_port()
    told = [str(folder), str(certificate), str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "common.testing.postgres_tls", *told], start_new_session=True
    )
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the TLS before PostgreSQL did not start")
        time.sleep(0.05)


async def _serve(folder: str, certificate: str, port: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    path = str(Path(folder) / ".s.PGSQL.5432")

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await _pass(reader, writer, context, path)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port)
    await server.serve_forever()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, path: str
) -> None:
    if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
        return
    writer.write(b"S")
    await writer.start_tls(context)
    inner_reader, inner_writer = await asyncio.open_unix_connection(path)
    await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(_PART):
            writer.write(part)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
