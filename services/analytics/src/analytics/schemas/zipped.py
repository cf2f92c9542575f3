"""Files in one zip, written as they come: neither they nor it are ever in memory."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_LEVEL = 4  # more than this costs more than it spares


@dataclass(frozen=True, slots=True)
class File:
    """`large`: it may be more than two gigabytes, which must be known before it begins."""

    name: str
    text: AsyncIterator[str]
    large: bool = False


class _Sink:
    """What the archive is written to; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


async def zipped(files: Iterable[File], *, at: datetime) -> AsyncIterator[bytes]:
    """`at`: when they were written."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]
        for file in files:
            told = ZipInfo(file.name, at.timetuple()[:6])
            told.compress_type = ZIP_DEFLATED
            told.external_attr = 0o644 << 16
            with archive.open(told, "w", force_zip64=file.large) as place:
                async for text in file.text:
                    place.write(text.encode())
                    if part := sink.take():
                        yield part
    yield sink.take()
