"""Sign-in at a company's own provider: authorization code with PKCE, state and nonce."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from common.database import Connection
from common.errors import BadInput
from common.telemetry import logging
from console import repository
from console.domain import oidc
from console.domain.oidc import Claims, Leaving, Person, Refused
from console.domain.people import Rights, User, checked
from console.repository import changes, providers
from console.service.users import Session, Users

log = logging.get(__name__)
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512"]  # signed by a private key
KNOWN_FOR = timedelta(hours=1)  # the provider's document and keys
AGAIN = timedelta(minutes=1)  # between two looks for keys that are not known
LEEWAY = 60  # seconds that clocks may differ
LONGEST = 256 * 1024  # bytes of an answer
AWAY = "Your provider does not answer as it should. Try again in a minute."
UNKNOWN = "Nobody invited you here. An administrator can."


@dataclass(slots=True, kw_only=True)
class Provider:
    """`domains`: who comes in without an invitation, with what `how` makes of their claims."""

    users: Users
    http: httpx.AsyncClient
    name: str
    issuer: str
    client_id: str
    client_secret: str
    redirect: str
    domains: Sequence[str]
    how: Claims
    _known: dict[str, Any] = field(default_factory=dict)
    _keys: jwk.KeySet | None = None
    _read_at: datetime | None = None

    async def leave(self, target: str) -> tuple[str, str]:
        """The address to go to, and the cookie to take along. Raises `Refused`."""
        known = await self._provider()
        one = oidc.leaving(target, now=self.users.clock())
        address = oidc.address(
            known["authorization_endpoint"],
            one,
            client_id=self.client_id,
            redirect=self.redirect,
        )
        return address, oidc.written(one, pepper=self.users.pepper)

    async def come_back(self, cookie: str, answer: Mapping[str, str]) -> tuple[Session, str]:
        """A session, and where they wanted to go. Raises `Refused`."""
        now = self.users.clock()
        left = oidc.read(cookie, pepper=self.users.pepper, now=now)
        if left is None or answer.get("state", "") != left.state:
            raise Refused("That took too long, or was begun elsewhere. Begin again.")
        if answer.get("iss", self.issuer) != self.issuer:
            raise Refused("Another provider answered.")
        if "code" not in answer:
            raise Refused("Your provider did not let you in.")
        person = oidc.person(await self._claims(answer["code"], left), self.how)
        return await self._let_in(person, now), left.target

    async def _claims(self, code: str, left: Leaving) -> Mapping[str, Any]:
        """Of a token that was signed for us, now, and for this very try. Raises `Refused`."""
        told = await self._told(
            "POST",
            (await self._provider())["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect,
                "code_verifier": left.verifier,
            },
            auth=httpx.BasicAuth(self.client_id, self.client_secret),
        )
        given = told.get("id_token")
        if not isinstance(given, str):
            raise Refused(AWAY)
        rules = jwt.JWTClaimsRegistry(
            now=int(self.users.clock().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": left.nonce},
        )
        try:
            claims = (await self._decoded(given)).claims
            rules.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("oidc_refused", problem=type(error).__name__)
            raise Refused("What your provider says of you cannot be believed.") from None
        if claims.get("azp", self.client_id) != self.client_id:
            raise Refused("What your provider says of you was for somebody else.")
        return claims

    async def _decoded(self, token: str) -> jwt.Token:
        """Keys change: where it is signed by none that is known, they are looked at once more."""
        try:
            return jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if self._read_at is None or self.users.clock() - self._read_at < AGAIN:
                raise
        self._known = {}
        return jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)

    async def _key_set(self) -> jwk.KeySet:
        await self._provider()
        assert self._keys is not None
        return self._keys

    async def _provider(self) -> Mapping[str, Any]:
        """Its own description, with its keys. Raises `Refused`."""
        now = self.users.clock()
        if self._known and self._read_at is not None and now - self._read_at < KNOWN_FOR:
            return self._known
        where = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        known = await self._told("GET", where)
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if known.get("issuer") != self.issuer or not all(
            isinstance(known.get(one), str) for one in needed
        ):
            log.warning("oidc_refused", problem="its description is of another issuer, or lacks")
            raise Refused(AWAY)
        try:
            self._keys = jwk.KeySet.import_key_set(await self._told("GET", known["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            raise Refused(AWAY) from None
        self._known, self._read_at = known, now
        return known

    async def _told(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self.http.request(
                method, address, timeout=10, extensions={"answer": LONGEST}, **more
            )
            told = answer.raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("oidc_refused", problem=type(error).__name__)
            raise Refused(AWAY) from None
        if not isinstance(told, dict):
            raise Refused(AWAY)
        return told

    async def _let_in(self, person: Person, now: datetime) -> Session:
        """Who was invited, or is of a domain and has a role by claims. Raises `Refused`."""
        rights = _checked(person.rights)
        async with self.users.db.transaction() as connection:
            user = await repository.user_by_email(connection, person.email, lock=True)
            if user is None:
                user = await self._new(connection, person, rights, now)
            if user.disabled:
                raise Refused(UNKNOWN)
            if not await providers.is_theirs(connection, user.id, person.subject):
                raise Refused("That e-mail address is of somebody else at your provider.")
            if rights is not None and user.workspace == self.how.workspace:
                await self._set_rights(connection, user, rights, now)
            return await self.users.begin_with(connection, user, "provider")

    async def _new(
        self, connection: Connection, person: Person, rights: Rights | None, now: datetime
    ) -> User:
        if rights is None or not oidc.is_of(person.email, self.domains):
            raise Refused(UNKNOWN)
        made = uuid4()
        if not await repository.add_user(connection, made, person.email, rights):
            raise Refused(AWAY)
        user = await repository.user(connection, made, lock=True)
        assert user is not None
        await changes.note(connection, user, None, rights.shown(), at=now, by=self.name)
        return user

    async def _set_rights(
        self, connection: Connection, user: User, rights: Rights, now: datetime
    ) -> None:
        """What the provider says counts from each sign-in on."""
        if rights != user.rights:
            await repository.set_rights(connection, user.id, rights)
            before, after = user.rights.shown(), rights.shown()
            await changes.note(connection, user, before, after, at=now, by=self.name)


def _checked(rights: Rights | None) -> Rights | None:
    try:
        return None if rights is None else checked(rights)
    except BadInput as error:
        raise Refused(f"What your provider says of you is no role here: {error}.") from None
