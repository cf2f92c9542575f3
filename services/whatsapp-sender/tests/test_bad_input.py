"""Whatever is posted to the webhook: what it is answered, and that nobody else's words are lost."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sms_sender.testing import CALLER

OURS, BUSINESS = "12025550190", "102290129340398"
SECRET = "secret of the app"
THEIRS = CALLER[1:]
TEXT = {"from": THEIRS, "timestamp": "1764000000", "type": "text", "text": {"body": "5"}}
STATUS = {"id": "wamid.OUT", "status": "sent", "recipient_id": THEIRS}


def told(*, account: str = BUSINESS, **value: Any) -> Any:
    known = {"metadata": {"display_phone_number": OURS}} | value
    change = {"field": "messages", "value": known}
    return {"entry": [{"id": account, "changes": [change]}]}


def deep(levels: int) -> bytes:
    return b'{"entry":' + b"[" * levels + b"]" * levels + b"}"


@dataclass(frozen=True)
class Row:
    """`stored`: messages that are kept of it. `sign`: the header, from the body."""

    what: str
    body: Any
    status: int = 200
    stored: int = 0
    sign: Callable[[bytes], str | None] = lambda body: signed(body)
    account: str = "main"

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def signed(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


GOOD = told(messages=[TEXT | {"id": "wamid.IN"}])
ROWS = [
    Row("no signature", GOOD, 403, sign=lambda body: None),
    Row("a signature of another secret", GOOD, 403, sign=lambda b: signed(b, "of another app")),
    Row("a signature of other bytes", GOOD, 403, sign=lambda b: signed(b + b" ")),
    Row("a signature in capitals", GOOD, 403, sign=lambda b: signed(b).upper()),
    Row("a signature of SHA-1's length", GOOD, 403, sign=lambda b: signed(b)[:47]),
    Row("a signature that is none", GOOD, 403, sign=lambda body: "sha256=é"),
    Row("an account that is not there", GOOD, 404, account="nobody"),
    Row("nothing", b"", 400),
    Row("no JSON", b"entry=1", 400),
    Row("JSON that is cut off", json.dumps(GOOD).encode()[:-2], 400),
    Row("too deep", deep(100_000), 400),
    Row("a list", []),
    Row("a number", 7),
    Row("null", None),
    Row("no entry", {"object": "page"}),
    Row("entry is an object", {"entry": {"id": BUSINESS}}),
    Row("entry is a list of texts", {"entry": ["x", None, 3]}),
    Row("changes are a text", {"entry": [{"id": BUSINESS, "changes": "x"}]}),
    Row("a change without a value", {"entry": [{"id": BUSINESS, "changes": [{"field": "x"}]}]}),
    Row("a business that is not ours", told(account="1", messages=[TEXT | {"id": "wamid.X"}])),
    Row("an id of a business that is no text", told(account=7, messages=[TEXT])),  # type: ignore[arg-type]
    Row("a field that Meta may add", {"entry": [{"id": BUSINESS, "changes": [
        {"field": "flows", "value": {"event": "x"}}]}]}),
    Row("no number of ours", told(metadata={}, messages=[TEXT | {"id": "wamid.X"}])),
    Row("metadata is a text", told(metadata="x", messages=[TEXT | {"id": "wamid.X"}])),
    Row("messages are an object", told(messages={"0": TEXT})),
    Row("a message without an id", told(messages=[TEXT])),
    Row("a message of nobody", told(messages=[{"id": "wamid.X", "type": "text"}])),
    Row("a message of a name that is no number", told(messages=[
        TEXT | {"id": "wamid.X", "from": "me"}])),
    Row("an id that is a number", told(messages=[TEXT | {"id": 7}])),
    Row("an id of a book's length", told(messages=[TEXT | {"id": "x" * 3_000}]), 413),
    Row("a status without a message", told(statuses=[{"status": "sent", "recipient_id": THEIRS}])),
    Row("a status that is a list", told(statuses=[STATUS | {"status": ["sent"]}])),
    Row("statuses that are texts", told(statuses=["sent", "read"])),
    Row("a preference that is no word", told(user_preferences=[{"wa_id": THEIRS, "value": 1}])),
    # What is kept, and says nothing.
    Row("a text that is no text", told(messages=[
        TEXT | {"id": "wamid.1", "text": {"body": ["5"]}}]), stored=1),
    Row("a text without words", told(messages=[
        {"id": "wamid.2", "from": THEIRS, "type": "text"}]), stored=1),
    Row("a tap of nothing", told(messages=[TEXT | {
        "id": "wamid.3", "type": "interactive", "interactive": {"type": 5}}]), stored=1),
    Row("a tap on a button of nobody", told(messages=[TEXT | {
        "id": "wamid.4", "type": "button", "button": {"payload": "a1:x:" + "9" * 40}}]), stored=1),
    Row("a kind that Meta may add", told(messages=[TEXT | {
        "id": "wamid.5", "type": "hologram"}]), stored=1),
    Row("a time that is none", told(messages=[
        TEXT | {"id": "wamid.6", "timestamp": "soon", "text": {"body": "?"}}]), stored=1),
    Row("NUL and half of a pair", told(messages=[
        TEXT | {"id": "wamid.7", "text": {"body": "?\x00\ud800"}}]), stored=1),
    Row("bytes of no alphabet", json.dumps(told(messages=[
        TEXT | {"id": "wamid.8", "text": {"body": "§"}}]), ensure_ascii=False).encode("latin-1"),
        stored=1),
    Row("a word of a status that Meta may add", told(statuses=[
        STATUS | {"status": "beamed"}])),
    Row("a status of no message of ours", told(statuses=[STATUS])),
    Row("one bad among good", told(statuses=[
        "x", STATUS | {"id": "wamid.A"}, {"id": 1}, STATUS | {"id": "wamid.B"}])),
    Row("10,000 statuses", told(statuses=[
        STATUS | {"id": f"wamid.{n}"} for n in range(10_000)])),
    Row("one more than that", told(statuses=[
        STATUS | {"id": f"wamid.{n}"} for n in range(10_001)]), 413),
    Row("more than 4 MiB", b" " * (4 * 1024 * 1024 + 1), 413),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_each_is_answered_as_it_should_be_and_a_good_answer_counts_after_all(
    stack: Any,
) -> None:
    await stack.reviewed()
    asked = await stack.ask()
    (first,) = await stack.chats(1)
    base = stack.runtime.settings.public_url
    wrong, expected = [], 0
    for row in ROWS:
        sign = row.sign(row.bytes)
        headers = {"x-hub-signature-256": sign.encode()} if sign else {}
        url = f"{base}/v1/whatsapp/callbacks/{row.account}"
        answer = await stack.runtime.http.post(url, content=row.bytes, headers=headers, timeout=60)
        expected += row.stored
        if answer.status_code != row.status:
            wrong.append((row.what, answer.status_code, row.status))
        elif not await _holds(stack, expected):
            wrong.append((row.what, await _stored(stack), expected))

    assert wrong == []
    await stack.meta.taps(first, "4")
    (response, *_) = await stack.responses()
    assert (response.invitation_id, response.score) == (asked.invitation_id, 4)


async def _holds(stack: Any, expected: int) -> bool:
    """On a slow machine what is taken may come by the topic, a little later."""
    async with asyncio.timeout(60):
        while (stored := await _stored(stack)) < expected:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    return stored == expected


async def _stored(stack: Any) -> int:
    """Messages; statuses of what is not ours are forgotten after a while."""
    (row,) = await stack.fetch(
        "select count(*) from whatsapp_sender.inbox where event_key like 'm/%'"
    )
    return int(row["count"])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 403),
        ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1", 403),
        ("hub.mode=unsubscribe&hub.verify_token=verify-me&hub.challenge=1", 403),
        ("hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=<b>", 400),
        ("hub.mode=subscribe&hub.verify_token=verify-me", 400),
        ("&".join(f"x{n}=1" for n in range(50)), 403),
        ("hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=42", 200),
    ],
)
async def test_the_handshake_is_answered_to_meta_alone(stack: Any, query: str, status: int) -> None:
    answer = await stack.runtime.http.get(f"{stack.callbacks}?{query}")

    assert answer.status_code == status
    assert (answer.text == "42") is (status == 200)
