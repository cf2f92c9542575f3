"""Who calls the API: keys, their scopes, and the workspace a request is about."""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from common.errors import FieldError, Problem
from common.process.runtime import Runtime
from common.process.tokens import PREFIX, claims_of

KEY_AGE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API. `workspace` None is the operator: every workspace."""

    key_id: str
    name: str
    workspace: str | None
    scopes: frozenset[str]

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
    """Rows of API keys, at most `KEY_AGE` old: what a revoked key may live on."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, Any]] = {}

    async def row(self, runtime: Runtime, key_id: str) -> Any:
        known = self._rows.get(key_id)
        if known is not None:
            if time.monotonic() - known[0] < KEY_AGE:
                return known[1]
            # One asks; the others of this moment take what it knew.
            self._rows[key_id] = (time.monotonic(), known[1])
        try:
            async with runtime.db.connection() as connection:
                row = await connection.fetchrow(
                    "select workspace, name, hash, scopes from config.usable_api_keys"
                    " where id = $1",
                    key_id,
                )
        except BaseException:
            self._rows.pop(key_id, None)
            raise
        self._remember(key_id, row)
        return row

    def _remember(self, key_id: str, row: Any) -> None:
        if len(self._rows) > 10_000:
            self._rows.clear()
        if row is None:  # guesses are not remembered
            self._rows.pop(key_id, None)
        else:
            self._rows[key_id] = (time.monotonic(), row)


def caller(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the request's API key (`Authorization: Bearer ac_<id>_<secret>`).

    Or the signed token of a person (`common.process.tokens`).

    Scopes: `events:write`, `read`, `consent:write`, `config:write`; `admin` implies all.
    Raises `Problem` 401 or 403.
    """

    keys = _Keys()

    async def check(request: Request) -> Caller:
        word, _, key = request.headers.get("authorization", "").partition(" ")
        if word.lower() == "bearer" and key.strip().startswith(PREFIX):
            return _allowed(_person(request.app.state.runtime, key.strip()), scope)
        prefix, _, rest = key.strip().partition("_")
        key_id, _, secret = rest.partition("_")
        if word.lower() != "bearer" or prefix != "ac" or not secret:
            raise Problem(401, "API key needed", "Authorization: Bearer ac_...")
        row = await keys.row(request.app.state.runtime, key_id.replace("\x00", ""))
        if row is None or not hmac.compare_digest(row["hash"], key_hash(secret)):
            raise Problem(401, "Unknown API key")
        scopes = frozenset(row["scopes"])
        return _allowed(Caller(key_id, row["name"], row["workspace"], scopes), scope)

    return check


def _person(runtime: Runtime, token: str) -> Caller:
    claims = claims_of(token, pepper=runtime.pepper, now=runtime.clock())
    if claims is None:
        raise Problem(401, "The token is not valid, or no longer")
    return Caller(claims.id, claims.name, claims.workspace, frozenset(claims.scopes))


def _allowed(who: Caller, scope: str) -> Caller:
    if not who.scopes & {scope, "admin"}:
        raise Problem(403, "Not allowed", f"This key lacks the scope {scope}.")
    return who
