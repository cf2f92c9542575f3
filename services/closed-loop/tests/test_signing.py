"""Signatures, read by the reference implementation of Standard Webhooks."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from closed_loop.domain.signing import Salts, headers, key_of, message_name, new_salt, secret_of

PEPPER, ENDPOINT = b"pepper of the tests", UUID(int=7)
BODY = b'{"type":"response.created"}'


def signed(*keys: bytes, body: bytes = BODY) -> dict[str, str]:
    return headers(message_name(UUID(int=1)), datetime.now(UTC), body, keys)


def key(salt: bytes, *, pepper: bytes = PEPPER, workspace: str = "acme") -> bytes:
    return key_of(pepper, workspace, ENDPOINT, salt)


def test_a_receiver_verifies_with_the_secret_it_was_told() -> None:
    own = key(new_salt())

    assert Webhook(secret_of(own)).verify(BODY, signed(own)) == {"type": "response.created"}


def test_another_byte_is_no_longer_signed() -> None:
    own = key(new_salt())

    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(own)).verify(BODY + b" ", signed(own))


def test_while_it_rotates_either_secret_verifies() -> None:
    new, old = key(new_salt()), key(new_salt())

    for one in (new, old):
        Webhook(secret_of(one)).verify(BODY, signed(new, old))


def test_the_secret_before_signs_no_longer_than_it_was_said() -> None:
    now = datetime.now(UTC)
    salts = Salts(b"new", b"old", now + timedelta(hours=24))

    assert salts.valid(now) == [b"new", b"old"]
    assert salts.valid(now + timedelta(hours=24)) == [b"new"]


def test_no_two_endpoints_and_no_two_platforms_have_one_secret() -> None:
    salt = new_salt()
    found = {key(salt), key(salt, workspace="other"), key(salt, pepper=b"other"), key(new_salt())}

    assert len(found) == 4


def test_the_ten_lines_of_the_documentation_verify_and_refuse() -> None:
    page = (Path(__file__).parents[3] / "docs/webhooks.md").read_text()
    lines = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert lines is not None
    known: dict[str, Any] = {}
    exec(lines[1], known)
    own, another = key(new_salt()), key(new_salt())

    assert known["verified"](signed(another, own), BODY, secret_of(own))
    assert not known["verified"](signed(another), BODY, secret_of(own))
    assert not known["verified"](signed(own), BODY + b" ", secret_of(own))
    late = {**signed(own), "webhook-timestamp": "1700000000"}
    assert not known["verified"](late, BODY, secret_of(own))
