"""Passwords as argon2 hashes. Hashing is slow on purpose, so it is done beside, a few at a time."""

import asyncio
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from common.errors import Problem

AT_ONCE, WAITING = 2, 20

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # KiB
_NOBODYS = (  # checked when there is no such user, so that the answer takes as long
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiBub2JvZHk$KmZkNk8W8p2bX0yDk4q1vQ0O6t7fYt1mJ4g3c8p2rXk"
)


@dataclass(slots=True)
class Passwords:
    """Hashes and verifies; raises `Problem` 503 when too many wait for it."""

    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _waiting: int = 0

    async def hashed(self, password: str) -> str:
        async with self:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def right(self, password: str, stored: str | None) -> bool:
        """`stored` None: of nobody, which takes as long and is never right."""
        async with self:
            found = await asyncio.to_thread(_verify, password, stored or _NOBODYS)
        return found and stored is not None

    async def __aenter__(self) -> None:
        if self._waiting >= WAITING:
            raise Problem(503, "Too many people sign in at this moment", retry_after=5)
        self._waiting += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._waiting -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._waiting -= 1
        self._free.release()


def _verify(password: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
