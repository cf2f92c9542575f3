"""The second factor: set up, asked for when somebody signs in, renewed, taken away."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.database import Connection
from console import repository
from console.domain import people
from console.domain.second_factor import new_recovery_codes, recovery_code, taken
from console.repository import second_factor
from console.service.secrets import digest
from console.service.users import SignedIn, Users

WRONG = "That code is not right, was used, or there were too many tries: then wait 15 minutes."
_LABEL = b"aftercall: key of second factors, version 1"
_NONCE = 12  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    users: Users

    async def complete(self, waiting: str, code: str) -> str | None:
        """The secret of a session that opens what its user may; None when it is refused."""
        users = self.users
        async with users.db.transaction() as connection:
            now = users.clock()
            found = await repository.take_waiting(connection, digest(waiting), now)
            if found is None:
                return None
            user_id, by_link = found
            what = await self._right(connection, user_id, code)
            if what is None:
                return None
            await repository.end_session(connection, digest(waiting))
            return await users.begin(connection, user_id, what, by_link=by_link)

    async def set_up(self, who: SignedIn, key: bytes, code: str) -> list[str] | None:
        """Recovery codes, told this once; None for a wrong code. Other sessions end."""
        async with self.users.db.transaction() as connection:
            had, _ = await second_factor.key(connection, who.user.id)
            step = taken(key, code, now=self.users.clock(), used=0)
            if had is not None or step is None:
                return None
            sealed = self._sealed(key, who.user.id)
            await second_factor.set_key(connection, who.user.id, sealed, step)
            await repository.end_sessions(connection, who.user.id, but=who.session)
            await repository.end_links(connection, who.user.id)
            await self._log(connection, who.user.id, "totp_set")
            return await _new_codes(connection, who.user.id)

    async def renew_codes(self, who: SignedIn, code: str) -> list[str] | None:
        """Others, in the place of those before; None for a wrong code."""
        async with self.users.db.transaction() as connection:
            if await self._right(connection, who.user.id, code) is None:
                return None
            await self._log(connection, who.user.id, "codes_renewed")
            return await _new_codes(connection, who.user.id)

    async def remove(self, who: SignedIn, code: str) -> bool:
        """Whether it is gone: not where it is wanted, nor by a wrong code."""
        if who.user.totp_wanted:
            return False
        async with self.users.db.transaction() as connection:
            if await self._right(connection, who.user.id, code) is None:
                return False
            await second_factor.set_key(connection, who.user.id, None, 0)
            await self._log(connection, who.user.id, "totp_removed")
        return True

    async def codes_left(self, who: SignedIn) -> int:
        async with self.users.db.connection() as connection:
            return await second_factor.codes_left(connection, who.user.id)

    async def _right(self, connection: Connection, user_id: UUID, code: str) -> str | None:
        """How the code was right, once: "code" or "recovery_code"; counts it when it is wrong."""
        now = self.users.clock()
        sealed, used = await second_factor.key(connection, user_id)  # locks the row
        user = await repository.user(connection, user_id)
        if user is None or user.disabled or user.locked(now) or sealed is None:
            return None
        key = self._opened(sealed, user_id)
        what = None
        if key is not None and (step := taken(key, code, now=now, used=used)) is not None:
            await second_factor.use_step(connection, user_id, step)
            what = "code"
        elif await second_factor.use_code(connection, user_id, digest(recovery_code(code))):
            what = "recovery_code"
        if what is None:
            failures, until = people.after_failure(user, now, weight=people.CODE_WEIGHT)
            await repository.note_failures(connection, user_id, failures, until)
            await self._log(connection, user_id, "locked" if until else "code_refused")
            return None
        await repository.note_failures(connection, user_id, 0, None)
        return what

    async def _log(self, connection: Connection, user_id: UUID, what: str) -> None:
        await repository.log_sign_in(connection, user_id, what, self.users.clock())

    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self.users.pepper, _LABEL, hashlib.sha256))

    def _sealed(self, key: bytes, user_id: UUID) -> bytes:
        """Bound to its user."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, key, user_id.bytes)

    def _opened(self, sealed: bytes, user_id: UUID) -> bytes | None:
        """None for one of another pepper: only recovery codes let in then."""
        try:
            return self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], user_id.bytes)
        except InvalidTag:
            return None


async def _new_codes(connection: Connection, user_id: UUID) -> list[str]:
    codes = new_recovery_codes()
    await second_factor.set_codes(connection, user_id, [digest(one) for one in codes])
    return codes
