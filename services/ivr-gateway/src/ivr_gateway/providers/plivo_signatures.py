"""Plivo's signed form posts, version 3.

https://www.plivo.com/docs/voice/concepts/signature-validation
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from channel.forms import pairs
from channel.providers import CallbackRequest

# Of a subaccount's requests the second is signed with the token of the account above it.
HEADERS = ("x-plivo-signature-v3", "x-plivo-signature-ma-v3")
NONCES = ("x-plivo-signature-v3-nonce", "x-plivo-signature-ma-v3-nonce")


def is_signed(request: CallbackRequest, *, secrets: Mapping[str, str]) -> bool:
    """By this account's token, over the public URL, its query and the whole form."""
    given = [
        (request.headers.get(header, ""), request.headers.get(nonce, ""))
        for header, nonce in zip(HEADERS, NONCES, strict=True)
    ]
    form = pairs(request.body)
    if form is None or not any(header and nonce for header, nonce in given):
        return False
    text = signed_text(request.url, form)
    return any(
        _matches(header, signature(secrets["auth_token"], text, nonce))
        for header, nonce in given
        if header and nonce
    )


def signature(token: str, text: str, nonce: str) -> str:
    mac = hmac.new(token.encode(), f"{text}.{nonce}".encode(), sha256)
    return base64.b64encode(mac.digest()).decode()


def signed_text(url: str, form: Sequence[tuple[str, str]]) -> str:
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    query = "&".join(
        f"{name}={value}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    if not form:
        return f"{bare}?{query}" if query else bare
    told = "".join(f"{name}{value}" for name, value in sorted(form))
    return f"{bare}?{query}{'.' if query else ''}{told}"


def _matches(header: str, expected: str) -> bool:
    """The header may hold several."""
    given = [one.strip().encode() for one in header.split(",")]
    return any(hmac.compare_digest(one, expected.encode()) for one in given)
