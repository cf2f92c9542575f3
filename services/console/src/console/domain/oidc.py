"""Sign-in at a company's own provider (OpenID Connect): what is asked, and who came back."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec

from console.domain.people import Rights, Role

LASTS = timedelta(minutes=10)  # from leaving for the provider until coming back
SCOPE = "openid email profile"
_KEY = b"aftercall: key of sign-ins at a provider, version 1"


class Refused(Exception):
    """Nobody came in; says why, in words for whoever tried."""


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser takes along in a signed cookie: only it may come back with an answer."""

    state: str
    nonce: str
    verifier: str
    target: str
    until: datetime


def leaving(target: str, *, now: datetime) -> Leaving:
    return Leaving(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        target=target,
        until=now + LASTS,
    )


def written(one: Leaving, *, pepper: bytes) -> str:
    body = base64.urlsafe_b64encode(msgspec.json.encode(one)).decode()
    return f"{body}.{_signature(body, pepper)}"


def read(given: str, *, pepper: bytes, now: datetime) -> Leaving | None:
    """None for what we did not write, or too long ago."""
    body, _, signature = given.partition(".")
    if not given.isascii() or not hmac.compare_digest(signature, _signature(body, pepper)):
        return None
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(body), type=Leaving)
    except (ValueError, msgspec.MsgspecError):
        return None
    return found if now < found.until else None


def _signature(body: str, pepper: bytes) -> str:
    key = hmac.digest(pepper, _KEY, hashlib.sha256)
    return hmac.digest(key, body.encode(), hashlib.sha256).hex()


def address(endpoint: str, one: Leaving, *, client_id: str, redirect: str) -> str:
    """Where the browser is sent; the code that comes back is worth nothing without the verifier."""
    hashed = hashlib.sha256(one.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": one.state,
        "nonce": one.nonce,
        "code_challenge": base64.urlsafe_b64encode(hashed).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who came back. `rights` None: the provider says nothing of them."""

    subject: str
    email: str
    rights: Rights | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """How claims become rights. `roles`: value of the claim -> role; the first that fits."""

    workspace: str | None
    role_claim: str
    roles: Mapping[str, Role]
    teams_claim: str
    agent_claim: str
    believes_emails: bool  # the provider lets nobody have an address that is not theirs


def person(claims: Mapping[str, Any], how: Claims) -> Person:
    """Of verified claims. Raises `Refused`."""
    email = claims.get("email")
    if not isinstance(email, str) or email.count("@") != 1 or len(email) > 254:
        raise Refused("Your provider does not tell your e-mail address.")
    if claims.get("email_verified") is not True and not how.believes_emails:
        raise Refused("Your provider does not say that your e-mail address is yours.")
    subject = hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()
    return Person(subject=subject, email=email.strip(), rights=_rights(claims, how))


def _rights(claims: Mapping[str, Any], how: Claims) -> Rights | None:
    if how.workspace is None or not how.role_claim:
        return None
    told = _words(claims.get(how.role_claim))
    role = next((role for word, role in how.roles.items() if word in told), None)
    if role is None:
        return None
    return Rights(
        workspace=how.workspace,
        role=role,
        teams=tuple(_words(claims.get(how.teams_claim))),
        agent=next(iter(_words(claims.get(how.agent_claim))), ""),
    )


def _words(told: Any) -> Sequence[str]:
    if isinstance(told, str):
        return [told]
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []


def is_of(email: str, domains: Sequence[str]) -> bool:
    return email.rpartition("@")[2].lower() in {one.lower() for one in domains}
