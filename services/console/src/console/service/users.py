"""People: who gets in, and what ends a session."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from common.database import Connection, Database, Row
from common.process.tokens import LASTS, Claims, token
from common.time import Clock, utc_now
from console import repository
from console.domain.people import SCOPES, User, after_failure, password_problem
from console.service.passwords import Passwords
from console.service.secrets import digest

REFUSED = "E-mail and password do not fit, or there were too many tries: then wait 15 minutes."
WRONG = "The current password is not right, or there were too many tries: then wait 15 minutes."
WAITS = timedelta(minutes=10)  # for a code
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """`waits`: for a code of the second factor; it opens nothing before."""

    secret: str
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`form_secret` is in every form that changes something, so that no other site can post it."""

    user: User
    session: bytes
    form_secret: str
    by_link: bool

    @property
    def proves(self) -> bool:
        """Another password takes the current one. A link is for those who forgot it."""
        return self.user.password is not None and not self.by_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """`lasts`: of a session; `idle`: after which it ends without a request."""

    db: Database
    pepper: bytes
    lasts: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)
    clock: Clock = utc_now
    passwords: Passwords = field(default_factory=Passwords)

    async def sign_in(self, email: str, password: str) -> Session | None:
        """A new session; None when it is refused, whatever the reason.

        The password is checked before the row is locked: nobody waits for somebody's hashing.
        """
        async with self.db.connection() as connection:
            before = await repository.user_by_email(connection, email)
        right = await self.passwords.right(password, before.password if before else None)
        if before is None:
            return None
        async with self.db.transaction() as connection:
            if not await self._proven(connection, before, right=right):
                return None
            return await self.begin_with(connection, before, "password")

    async def _proven(self, connection: Connection, before: User, *, right: bool) -> bool:
        """Whether a password that was right of the user `before` is; counts it when it is not."""
        now = self.clock()
        user = await repository.user_by_email(connection, before.email, lock=True)
        if user is None or user.disabled or user.locked(now):
            return False
        if right and user.password == before.password:
            if not user.has_totp:  # else when the code is right, too
                await repository.note_failures(connection, user.id, 0, None)
            return True
        failures, until = after_failure(user, now)
        await repository.note_failures(connection, user.id, failures, until)
        what = "locked" if until else "refused"
        await repository.log_sign_in(connection, user.id, what, now)
        return False

    async def follow_link(self, secret: str) -> Session | None:
        """A new session; None for a link that is used, too old, or none of ours."""
        now = self.clock()
        async with self.db.transaction() as connection:
            found = await repository.use_link(connection, digest(secret), now)
            user = await repository.user(connection, found) if found else None
            if user is None or user.disabled:
                return None
            return await self.begin_with(connection, user, "link")

    async def begin_with(self, connection: Connection, user: User, what: str) -> Session:
        """By a password, a link or a provider; with a second factor it waits for its code."""
        if not user.has_totp:
            secret = await self.begin(connection, user.id, what, by_link=what == "link")
            return Session(secret, waits=False)
        secret = secrets.token_urlsafe(32)
        await repository.add_session(
            connection,
            digest(secret),
            user.id,
            now=self.clock(),
            expires_at=self.clock() + WAITS,
            by_link=what == "link",
            waits=True,
        )
        return Session(secret, waits=True)

    async def begin(self, connection: Connection, user: UUID, what: str, *, by_link: bool) -> str:
        """The secret of a session that opens what its user may; `what` let them in."""
        secret, now = secrets.token_urlsafe(32), self.clock()
        await repository.add_session(
            connection,
            digest(secret),
            user,
            now=now,
            expires_at=now + self.lasts,
            by_link=by_link,
            waits=False,
        )
        await repository.log_sign_in(connection, user, what, now)
        return secret

    async def signed_in(self, secret: str) -> SignedIn | None:
        """Whose session it is."""
        now, session = self.clock(), digest(secret)
        async with self.db.connection() as connection:
            found = await repository.session_user(
                connection, session, now=now, idle_since=now - self.idle
            )
            if found is None:
                return None
            user, seen_at, by_link = found
            if now - seen_at > _SEEN_EVERY:
                await repository.seen(connection, session, now)
        proof = hashlib.sha256(b"form of " + secret.encode()).hexdigest()
        return SignedIn(user=user, session=session, form_secret=proof, by_link=by_link)

    async def sign_out(self, who: SignedIn, *, everywhere: bool = False) -> None:
        async with self.db.transaction() as connection:
            if everywhere:
                await repository.end_sessions(connection, who.user.id)
                await repository.end_links(connection, who.user.id)
            else:
                await repository.end_session(connection, who.session)
            await repository.log_sign_in(connection, who.user.id, "signed_out", self.clock())

    async def choose_password(self, who: SignedIn, password: str, *, current: str) -> str | None:
        """What is wrong with it; None when it is set, which ends all other ways in of the user."""
        if problem := password_problem(password, email=who.user.email):
            return problem
        right = not who.proves or await self.passwords.right(current, who.user.password)
        stored = await self.passwords.hashed(password) if right else ""
        async with self.db.transaction() as connection:
            if who.proves and not await self._proven(connection, who.user, right=right):
                return WRONG
            await repository.set_password(connection, who.user.id, stored)
            await repository.end_sessions(connection, who.user.id, but=who.session)
            await repository.end_links(connection, who.user.id)
            await repository.spend_link(connection, who.session)
            await repository.log_sign_in(connection, who.user.id, "password_set", self.clock())
        return None

    async def proves(self, who: SignedIn, password: str) -> bool:
        """Whether it is their password; true of who has none, or came by a link."""
        if not who.proves:
            return True
        right = await self.passwords.right(password, who.user.password)
        async with self.db.transaction() as connection:
            return await self._proven(connection, who.user, right=right)

    async def account(self, who: SignedIn) -> tuple[Sequence[Row], Sequence[Row]]:
        """Sessions, and what was signed in lately."""
        async with self.db.connection() as connection:
            return (
                await repository.sessions(connection, who.user.id, self.clock()),
                await repository.sign_ins(connection, who.user.id),
            )

    def token(self, who: SignedIn) -> str:
        """With which the other services are asked, for the next minutes."""
        user = who.user
        claims = Claims(
            id=str(user.id),
            name=user.email,
            workspace=user.workspace,
            scopes=tuple(sorted(SCOPES[user.role])),
            until=self.clock() + LASTS,
            sight=user.rights.sight,
        )
        return token(claims, pepper=self.pepper)
