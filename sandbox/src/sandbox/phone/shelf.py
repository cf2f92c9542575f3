"""Phones outlive the process: a file each, written after everything that happens on it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.whatsapp.cloud import Chat

if TYPE_CHECKING:
    from sandbox.phone.phones import Phone

MOST_CHATS = 100  # of whose buttons one can still be pressed after a restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is written of a phone."""

    number: str
    token: str
    ended: int
    written: int
    agreed: bool
    texted_by: Mapping[str, str]
    chats: Sequence[Mapping[str, Any]]
    feed: Sequence[tuple[int, Mapping[str, Any]]]

    def onto(self, phone: "Phone") -> None:
        phone.ended, phone.written, phone.agreed = self.ended, self.written, self.agreed
        phone.texted_by.update(self.texted_by)
        phone.chats.update({one["id"]: Chat(**one) for one in self.chats})
        phone.feed.restore([(number, what) for number, what in self.feed])


class Shelf:
    """A folder of them; nobody else may read it: whoever knows a token holds the phone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, phone: "Phone") -> None:
        chats = list(phone.chats.values())[-MOST_CHATS:]
        kept = Kept(
            number=phone.number,
            token=phone.token,
            ended=phone.ended,
            written=phone.written,
            agreed=phone.agreed,
            texted_by=phone.texted_by,
            chats=[asdict(one) for one in chats],
            feed=phone.feed.kept,
        )
        path = self._folder / f"{phone.number.lstrip('+')}.json"
        beside = path.with_suffix(".new")
        with suppress(OSError):  # a full disk ends no call
            beside.write_text(json.dumps(asdict(kept)), "utf-8")
            beside.replace(path)

    def all(self) -> Iterator[Kept]:
        """One that cannot be read is as good as none: a phone is not worth a start that fails."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield Kept(**json.loads(path.read_text("utf-8")))
            except (OSError, ValueError, TypeError, KeyError):
                continue
