"""Who calls the API: keys, their scopes, and the workspace a request is about."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request

from common.errors import FieldError, Problem, Retry
from common.process.runtime import Runtime
from common.process.sight import OWN, Sight
from common.process.tokens import PREFIX, claims_of

KEY_AGE = 2.0  # seconds
NOTED = 60.0  # seconds between two notes that a key is used
MOST_ASKED = 1_000  # unknown keys in one question
LONGEST_ID = 100  # characters


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API. `workspace` None is the operator: every workspace.

    `sight` None: all calls of the workspace. `is_person`: by the console, not by a key.
    """

    key_id: str
    name: str
    workspace: str | None
    scopes: frozenset[str]
    sight: Sight | None = None
    is_person: bool = False

    def workspace_or(self, asked: str | None) -> str:
        """The workspace a request is about. Raises `Problem` 403 or 422."""
        if self.workspace is None:
            if not asked:
                raise Problem(
                    422,
                    "Which workspace?",
                    errors=[FieldError("workspace", "an operator's key needs ?workspace=")],
                )
            return asked
        if asked and asked != self.workspace:
            raise Problem(403, "Not your workspace")
        return self.workspace


def key_hash(secret: str) -> bytes:
    """How the secret part of a key is stored; it has 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


class _Keys:
    """Rows of API keys, at most `KEY_AGE` old: what a revoked key may live on.

    One question is on its way at a time, about all that are asked for meanwhile: thousands of
    guesses cost a few queries and one connection.
    """

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, Any]] = {}
        self._noted: dict[str, float] = {}
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._asking: asyncio.Task[None] | None = None

    def knows(self, key_id: str) -> bool:
        """It was a key a while ago."""
        return key_id in self._rows

    async def note(self, runtime: Runtime, key_id: str) -> None:
        """That it was good for a request, once a minute; not worth a request that fails."""
        now = time.monotonic()
        if now - self._noted.get(key_id, -NOTED) < NOTED:
            return
        self._noted[key_id] = now
        with suppress(Retry):
            async with runtime.db.connection() as connection:
                await connection.execute("select config.note_key_use($1)", key_id)

    async def row(self, runtime: Runtime, key_id: str) -> Any:
        known = self._rows.get(key_id)
        if known is not None:
            if time.monotonic() - known[0] < KEY_AGE:
                return known[1]
            # One asks; the others of this moment take what it knew.
            self._rows[key_id] = (time.monotonic(), known[1])
        try:
            row = await self._found(runtime, key_id)
        except BaseException:
            self._rows.pop(key_id, None)
            raise
        self._remember(key_id, row)
        return row

    async def _found(self, runtime: Runtime, key_id: str) -> Any:
        """Shielded, for others may wait for the same key."""
        if key_id not in self._asked:
            if len(self._asked) >= MOST_ASKED:
                raise Retry("too many unknown keys are being looked for")
            self._asked[key_id] = asyncio.get_running_loop().create_future()
        found = self._asked[key_id]
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(runtime), name="keys")
        return await asyncio.shield(found)

    async def _ask(self, runtime: Runtime) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                try:
                    rows = await _rows(runtime, list(asked))
                except Exception as error:
                    for future in asked.values():
                        future.set_exception(error)
                        future.exception()  # looked at: who asked may have gone
                else:
                    for key_id, future in asked.items():
                        future.set_result(rows.get(key_id))
        finally:
            self._asking = None

    def _remember(self, key_id: str, row: Any) -> None:
        if len(self._rows) > 10_000:
            self._rows.clear()
        if row is None:  # guesses are not remembered
            self._rows.pop(key_id, None)
        else:
            self._rows[key_id] = (time.monotonic(), row)


async def _rows(runtime: Runtime, key_ids: list[str]) -> dict[str, Any]:
    async with runtime.db.connection() as connection:
        rows = await connection.fetch(
            "select id, workspace, name, hash, scopes from config.usable_api_keys"
            " where id = any($1)",
            key_ids,
        )
    return {row["id"]: row for row in rows}


def caller(scope: str, *, own: bool = False) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the request's API key (`Authorization: Bearer ac_<id>_<secret>`).

    Or the signed token of a person (`common.process.tokens`).

    Scopes: `events:write`, `read`, `consent:write`, `privacy` (erase, export),
    `config:write`; `admin` implies all.
    `own`: also for who has `read:own` alone; the endpoint then holds all that it answers to the
    caller's `sight`. Without it they are refused, so that what nobody thought of tells nothing.
    Raises `Problem` 401, 403 or 429.
    """

    keys = _Keys()

    async def check(request: Request) -> Caller:
        runtime: Runtime = request.app.state.runtime
        bearer = _bearer(request)
        if bearer.startswith(PREFIX):
            return _admitted(runtime, _person(request, bearer), scope, own=own)
        key_id, secret = _parts(bearer)
        if not keys.knows(key_id):
            runtime.admission.stranger(request)
        row = await keys.row(runtime, key_id)
        if row is None or not hmac.compare_digest(row["hash"], key_hash(secret)):
            raise _refused(request, "Unknown API key")
        await keys.note(runtime, key_id)
        found = Caller(key_id, row["name"], row["workspace"], frozenset(row["scopes"]))
        return _admitted(runtime, found, scope, own=own)

    return check


def _bearer(request: Request) -> str:
    word, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if word.lower() == "bearer" else ""


def _parts(key: str) -> tuple[str, str]:
    """Its id and its secret part. Raises `Problem` 401."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    malformed = not key_id.isascii() or not key_id.isalnum() or len(key_id) > LONGEST_ID
    if prefix != "ac" or not secret or malformed:
        raise Problem(401, "API key needed", "Authorization: Bearer ac_...")
    return key_id, secret


def _person(request: Request, token: str) -> Caller:
    runtime: Runtime = request.app.state.runtime
    claims = claims_of(token, pepper=runtime.pepper, now=runtime.clock())
    if claims is None:
        raise _refused(request, "The token is not valid, or no longer")
    scopes = frozenset(claims.scopes)
    return Caller(claims.id, claims.name, claims.workspace, scopes, claims.sight, is_person=True)


def _refused(request: Request, title: str) -> Problem:
    """Counts for its address. Raises `Problem` 429 where there were too many."""
    admission = request.app.state.runtime.admission
    admission.stranger(request)
    admission.refused(request)
    return Problem(401, title)


def _admitted(runtime: Runtime, who: Caller, scope: str, *, own: bool) -> Caller:
    """Raises `Problem` 429 beyond its rates, 403 without the scope."""
    runtime.admission.key(who.key_id, operator=who.workspace is None)
    if who.workspace is not None:
        runtime.admission.workspace(who.workspace)
    if who.scopes & {scope, "admin"}:
        return replace(who, sight=None)
    if own and OWN in who.scopes and who.sight is not None and who.workspace is not None:
        return who
    raise Problem(403, "Not allowed", f"This key lacks the scope {scope}.")
