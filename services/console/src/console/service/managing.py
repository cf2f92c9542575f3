"""Who may look at the console, as those who may say so handle it; each change is kept."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from common.database import Connection, Database
from common.errors import BadInput, Problem
from common.time import Clock, utc_now
from console import repository
from console.domain.people import Rights, User, checked
from console.repository import changes, second_factor
from console.service.secrets import digest

LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who manages. `workspace` None: all of them; `id` None: no user, but the command line."""

    name: str
    workspace: str | None = None
    id: UUID | None = None


OPERATOR = By(name="the command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Managing:
    """Whoever manages a workspace does nothing to users of another, and does not find them."""

    db: Database
    clock: Clock = utc_now

    async def all(self, by: By = OPERATOR) -> Sequence[User]:
        async with self.db.connection() as connection:
            return await repository.users(connection, by.workspace)

    async def log(self, by: By) -> list[dict[str, Any]]:
        """Who changed whom, the newest first."""
        async with self.db.connection() as connection:
            rows = await changes.newest(connection, by.workspace)
        values = {"before", "after"}
        return [
            {name: json.loads(one) if name in values and one else one for name, one in row.items()}
            for row in rows
        ]

    async def add(self, email: str, rights: Rights, *, by: By = OPERATOR) -> UUID:
        """Raises `BadInput` for an address that is none, or is known, and for rights that are none;
        `Problem` 403."""
        email = email.strip()
        if not 3 <= len(email) <= 254 or email.count("@") != 1 or not email.isprintable():
            raise BadInput.at("email", "is not an e-mail address")
        given, made = _granted(rights, by), uuid4()
        async with self.db.transaction() as connection:
            if not await repository.add_user(connection, made, email, given):
                raise BadInput.at("email", "there is a user of that address")
            user = await repository.user(connection, made)
            assert user is not None
            await changes.note(connection, user, None, given.shown(), at=self.clock(), by=by.name)
        return made

    async def change(self, user_id: UUID, rights: Rights, *, by: By) -> None:
        """What they may do from now on; in the APIs, five minutes from now at the latest.

        Raises `BadInput`, `Problem` 403, 404 or 409.
        """
        given = _granted(rights, by)
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by)
            await repository.set_rights(connection, user_id, given)
            await changes.note(
                connection, user, user.rights.shown(), given.shown(), at=self.clock(), by=by.name
            )

    async def disable(self, user_id: UUID, *, by: By) -> None:
        """Ends every session and link. Raises `Problem` 404 or 409."""
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by)
            await repository.disable(connection, user_id, self.clock())
            await changes.note(
                connection,
                user,
                user.rights.shown(),
                {"disabled": True},
                at=self.clock(),
                by=by.name,
            )

    async def sign_out(self, user_id: UUID, *, by: By) -> None:
        """Everywhere. Raises `Problem` 404."""
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by, oneself=True)
            await repository.end_sessions(connection, user_id)
            await repository.end_links(connection, user_id)
            await repository.log_sign_in(connection, user_id, "signed_out", self.clock())
            await changes.note(
                connection, user, None, {"signed_out": "everywhere"}, at=self.clock(), by=by.name
            )

    async def link(self, user_id: UUID, *, by: By) -> str:
        """The secret of a link that lets its user in, once; the last one. Raises `Problem` 404."""
        secret = secrets.token_urlsafe(32)
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by, oneself=True)
            ends = self.clock() + LINK_LASTS
            await repository.end_links(connection, user.id)
            await repository.add_link(connection, digest(secret), user.id, ends)
            await changes.note(
                connection, user, None, {"link": "made"}, at=self.clock(), by=by.name
            )
        return secret

    async def need_second_factor(self, user_id: UUID, *, needed: bool, by: By) -> None:
        """Until they have set one up, nothing else is opened to them. Raises `Problem` 404."""
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by, oneself=True)
            await second_factor.need(connection, user_id, needed=needed)
            before = {"second_factor_needed": user.totp_needed}
            await changes.note(
                connection,
                user,
                before,
                {"second_factor_needed": needed},
                at=self.clock(),
                by=by.name,
            )

    async def reset_second_factor(self, user_id: UUID, *, by: By) -> None:
        """Of who has lost it. Raises `Problem` 404 or 409."""
        async with self.db.transaction() as connection:
            user = await self._theirs(connection, user_id, by)
            await second_factor.set_key(connection, user_id, None, 0)
            await repository.end_sessions(connection, user_id)
            before = {"second_factor": user.has_totp}
            await changes.note(
                connection, user, before, {"second_factor": False}, at=self.clock(), by=by.name
            )

    async def is_strict(self, by: By) -> bool:
        """Whether admins of the workspace need a second factor."""
        async with self.db.connection() as connection:
            return await second_factor.is_strict(connection, by.workspace)

    async def set_strict(self, *, strict: bool, by: By) -> None:
        async with self.db.transaction() as connection:
            before = await second_factor.is_strict(connection, by.workspace)
            await second_factor.set_strict(connection, by.workspace, strict=strict)
            await changes.add(
                connection,
                None,
                "",
                by.workspace,
                at=self.clock(),
                by=by.name,
                before=json.dumps({"admins_need_second_factor": before}),
                after=json.dumps({"admins_need_second_factor": strict}),
            )

    async def known(self, email: str) -> UUID:
        """Raises `Problem` 404."""
        async with self.db.connection() as connection:
            user = await repository.user_by_email(connection, email)
        if user is None or user.disabled:
            raise Problem(404, "No such user")
        return user.id

    async def _theirs(
        self, connection: Connection, user_id: UUID, by: By, *, oneself: bool = False
    ) -> User:
        """Somebody that `by` manages. Not `oneself`: nobody takes their own rights away."""
        user = await repository.user(connection, user_id, lock=True)
        elsewhere = user and by.workspace is not None and user.workspace != by.workspace
        if user is None or user.disabled or elsewhere:
            raise Problem(404, "No such user")
        if not oneself and user.id == by.id:
            raise Problem(409, "That is you", "Another admin can change that.")
        return user


def _granted(rights: Rights, by: By) -> Rights:
    """Nobody gives more than they have. Raises `BadInput` or `Problem` 403."""
    if by.workspace is not None and rights.workspace != by.workspace:
        raise Problem(403, "Not your workspace")
    return checked(rights)
