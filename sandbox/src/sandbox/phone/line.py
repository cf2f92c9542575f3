"""The telephone of a phone: it rings, a person picks up, hears, presses keys, hangs up."""

import asyncio

from sandbox.phone.feed import Feed
from sandbox.phone.refusals import NoCall, Refusal
from sandbox.voice.callees import PicksUp
from sandbox.voice.calls import Call
from sandbox.voice.documents import KEYPAD, Gather

SPOKEN = 15.0  # characters a second
LONGEST_SPEECH = 12.0  # seconds
MOST_KEYS = 50  # of one answer


class Line:
    """One call at a time: meanwhile it is busy. `spoken`: how fast words are said to it."""

    sip = "480"

    def __init__(self, feed: Feed, *, spoken: float = SPOKEN) -> None:
        self._feed = feed
        self._spoken = spoken
        self._call: Call | None = None
        self._decided: asyncio.Future[PicksUp] | None = None
        self._keys: asyncio.Queue[str | None] = asyncio.Queue()  # None: hung up
        self._gone = asyncio.Event()

    async def ring(self, call: Call) -> PicksUp:
        if self._call is not None:
            return PicksUp.BUSY
        self._call, self._keys, self._gone = call, asyncio.Queue(), asyncio.Event()
        self._decided = asyncio.get_running_loop().create_future()
        self._feed.add("ringing", sender=call.ours)
        try:
            async with asyncio.timeout(call.ring):
                return await self._decided
        except TimeoutError:
            return PicksUp.NO_ANSWER
        finally:
            self._decided = None

    async def hear(self, said: str) -> bool:
        self._feed.add("said", body=said, keys=False)
        try:
            async with asyncio.timeout(self._seconds(said)):
                await self._gone.wait()
        except TimeoutError:
            pass
        return not self._gone.is_set()

    async def press(self, gather: Gather, turn: int) -> str | None:
        while not self._keys.empty():
            self._keys.get_nowait()  # pressed before it was asked: an answer to nothing
        if self._gone.is_set():
            return None
        self._feed.add("said", body=gather.text, keys=True)
        keys, patience = "", self._seconds(gather.text) + gather.timeout
        while not gather.is_complete(keys) and len(keys) < MOST_KEYS:
            try:
                async with asyncio.timeout(patience):
                    key = await self._keys.get()
            except TimeoutError:
                break
            if key is None:
                return None
            keys, patience = keys + key, gather.timeout
        return keys

    def over(self, call: Call) -> None:
        if self._call is call:
            self._call = None
            self._feed.add("over", answered=call.status == "in-progress")

    def pick_up(self) -> None:
        """Raises `NoCall`."""
        self._decide(PicksUp.HUMAN)
        self._feed.add("talking")

    def decline(self) -> None:
        """Raises `NoCall`."""
        self._decide(PicksUp.BUSY)

    def tap(self, key: str) -> None:
        """Presses a key. Raises `NoCall`, `Refusal`."""
        if key not in KEYPAD or len(key) != 1:
            raise Refusal("a key is one of 0 to 9, * and #")
        self._talk()
        self._feed.add("pressed", key=key)
        self._keys.put_nowait(key)

    def hang_up(self) -> None:
        """Raises `NoCall`."""
        self._talk()
        self._gone.set()
        self._keys.put_nowait(None)

    def _decide(self, what: PicksUp) -> None:
        if self._decided is None or self._decided.done():
            raise NoCall("nothing rings")
        self._decided.set_result(what)

    def _talk(self) -> None:
        if self._call is None or self._decided is not None or self._gone.is_set():
            raise NoCall("nobody is on the line")

    def _seconds(self, said: str) -> float:
        return min(len(said) / self._spoken, LONGEST_SPEECH)
