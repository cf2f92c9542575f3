"""Standard Webhooks: the official library signs, the real service takes or refuses."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from common import topics
from common.process.admission import REFUSALS_AT_ONCE
from ingest import repository
from ingest.domain.signature import key_of

HOOK, NEXT_HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "c2VjcmV0" * 4
STRANGER = "whsec_" + "c3RyYW5nZXI=" * 3
JSON = {"content-type": "application/json"}
MAPPED = "?source=acme-hooks"


def call(number: int = 1, **changes: Any) -> bytes:
    """A body of the customer's own, in our names."""
    body = {
        "id": f"c-{number}",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }
    return json.dumps(body | changes).encode()


def cloud_event(number: int = 1) -> bytes:
    event = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "acme-bus",
        "type": "interaction.ended.v1",
        "data": json.loads(call(number)) | {"kind": "call"},
    }
    return json.dumps(event).encode()


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as the library signs it. Change a field and the signature no longer fits."""

    body: bytes
    id: str
    at: str
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        named = {"id": self.id, "timestamp": self.at, "signature": self.signature}
        return JSON | {f"webhook-{name}": value for name, value in named.items() if value}


def signed(body: bytes, *, id: str = "msg_1", secret: str = HOOK, ahead: float = 0) -> Signed:
    """`ahead`: seconds by which the sender's clock is."""
    at = datetime.now(UTC) + timedelta(seconds=ahead)
    signature = Webhook(secret).sign(id, at, body.decode())
    return Signed(body, id, str(int(at.timestamp())), signature)


async def post(listening: Any, request: Signed, query: str = MAPPED) -> httpx.Response:
    answer: httpx.Response = await listening.post(request.body, request.headers, query, key=False)
    return answer


async def test_what_the_library_signs_is_taken_with_either_secret(listening: Any) -> None:
    both = [signed(call(3), id="msg_3", secret=secret) for secret in (STRANGER, NEXT_HOOK)]
    requests = [
        (signed(call(1), id="msg_1"), MAPPED),
        (signed(call(2), id="msg_2", secret=NEXT_HOOK), MAPPED),
        (replace(both[1], signature=" ".join(["v2,x", *(one.signature for one in both)])), MAPPED),
        (signed(cloud_event(4), id="msg_4"), "?source=acme-bus"),
        (signed(cloud_event(5), id="msg_5"), ""),  # the event itself says whose it is
        (signed(call(6), id="msg_6", ahead=280), MAPPED),
        (signed(call(7), id="msg_7", ahead=-280), MAPPED),
    ]

    answers = [await post(listening, request, query) for request, query in requests]

    assert [answer.status_code for answer in answers] == [202] * 7, answers[-1].text
    calls = await listening.published(7)
    assert {str(one.id) for one in calls.values()} == {a.json()["interaction_id"] for a in answers}
    assert set(calls) == {f"c-{number}" for number in range(1, 8)}


def refused() -> dict[str, tuple[Signed, str, int]]:
    """Made when they are sent: a signature is good for five minutes."""
    good = signed(call())
    other_number = good.body.replace(b"+12025550101", b"+12025550102")
    return {
        "body": (replace(good, body=other_number), MAPPED, 401),
        "space": (replace(good, body=good.body + b" "), MAPPED, 401),
        "id": (replace(good, id="msg_2"), MAPPED, 401),
        "timestamp": (replace(good, at=str(int(good.at) + 1)), MAPPED, 401),
        "signature": (replace(good, signature=good.signature.swapcase()), MAPPED, 401),
        "version": (replace(good, signature=good.signature.replace("v1,", "v2,")), MAPPED, 401),
        "not base64": (replace(good, signature="v1,ü"), MAPPED, 401),
        "no id": (replace(good, id=""), MAPPED, 401),
        "long id": (signed(call(), id="x" * 257), MAPPED, 401),
        "a full stop in its id": (signed(call(), id="msg.1"), MAPPED, 401),
        "no timestamp": (replace(good, at=""), MAPPED, 401),
        "a word": (replace(good, at="now"), MAPPED, 401),
        "no signature": (replace(good, signature=""), MAPPED, 401),
        "a stranger's": (signed(call(), secret=STRANGER), MAPPED, 401),
        "too old": (signed(call(), ahead=-302), MAPPED, 401),
        "too new": (signed(call(), ahead=320), MAPPED, 401),
        "no webhook secret": (good, "?source=acme-signed", 401),
        "no secret": (good, "?source=acme-pbx", 401),
        "another's source": (signed(call(), secret=NEXT_HOOK), "?source=acme-bus", 401),
        "unknown source": (good, "?source=nobody", 404),
        "no source": (good, "", 401),
        "malformed": (signed(b"{"), MAPPED, 400),
        "incomplete": (signed(call(ended_at=None)), MAPPED, 422),
    }


async def test_what_is_not_genuine_is_refused_and_not_remembered(listening: Any) -> None:
    wrong = {}
    for name, (request, query, status) in refused().items():
        headers = {header: value.encode() for header, value in request.headers.items()}
        answer = await listening.post(request.body, headers, query, key=False)
        assert answer.headers["content-type"] == "application/problem+json", name
        if answer.status_code != status:
            wrong[name] = answer.text

    assert wrong == {}
    after = await post(listening, signed(call(9)))
    assert after.status_code == 202
    assert set(await listening.published(1)) == {"c-9"}


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/cloudevents-batch+json"},
        {"ce-specversion": "1.0", "ce-id": "e-1", "ce-type": "interaction.ended.v1"},
    ],
)
async def test_what_a_signature_does_not_cover_is_refused(
    listening: Any, headers: dict[str, str]
) -> None:
    request = signed(call())

    answer = await listening.post(request.body, request.headers | headers, MAPPED, key=False)

    assert answer.status_code == 415


async def test_a_replayed_webhook_is_refused_and_published_once(listening: Any) -> None:
    first = signed(call())

    answers = [await post(listening, first), await post(listening, first)]

    await post(listening, signed(call(2), id="msg_2"))
    records = await listening.ingest.arrived(topics.INTERACTIONS, 2)
    assert [answer.status_code for answer in answers] == [202, 409]
    assert len(records) == 2


async def test_a_vendor_that_had_no_answer_may_ask_again(listening: Any) -> None:
    earlier, later = signed(call(), ahead=-2), signed(call(ended_at="2026-01-05T10:14:20Z"))
    again = signed(earlier.body)

    answers = [await post(listening, one) for one in (earlier, again, again, earlier, later)]

    await post(listening, signed(call(2), id="msg_2"))
    records = await listening.ingest.arrived(topics.INTERACTIONS, 2)
    assert [answer.status_code for answer in answers] == [202, 200, 409, 409, 409]
    assert answers[0].json() == answers[1].json()
    assert len(records) == 2


async def test_of_ten_at_once_one_is_taken(listening: Any) -> None:
    request = signed(call())

    answers = await asyncio.gather(*[post(listening, request) for _ in range(10)])

    await post(listening, signed(call(2), id="msg_2"))
    assert sorted(answer.status_code for answer in answers) == [202, *[409] * 9]
    assert len(await listening.ingest.arrived(topics.INTERACTIONS, 2)) == 2


async def test_a_webhook_that_was_refused_may_come_again_mended(listening: Any) -> None:
    answers = [
        await post(listening, signed(call(ending=None))),
        await post(listening, signed(call())),
    ]

    assert [answer.status_code for answer in answers] == [422, 202]


async def test_a_webhook_is_taken_even_if_the_bus_is_away(listening: Any) -> None:
    await listening.ingest.runtime.bus.close()
    request = signed(call())

    answer = await post(listening, request)

    async with listening.ingest.runtime.db.connection() as connection:
        waiting = await connection.fetchval("select count(*) from ingest.outbox")
    assert (answer.status_code, waiting) == (202, 1)


async def test_what_could_not_be_stored_is_not_remembered(listening: Any) -> None:
    request = signed(call())
    async with listening.ingest.runtime.db.connection() as connection:
        await connection.execute("alter table ingest.outbox add constraint full_up check (false)")
        failed = await post(listening, request)
        await connection.execute("alter table ingest.outbox drop constraint full_up")

    again = await post(listening, request)

    assert (failed.status_code, again.status_code) == (500, 202)


async def test_a_part_of_a_call_may_be_signed(listening: Any) -> None:
    request = signed(call())

    answers = [await post(listening, request, "?source=acme-hooked-parts") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 409]
    assert set(await listening.published(1)) == {"c-1"}


async def test_ids_are_forgotten_once_no_signature_of_them_is_good(listening: Any) -> None:
    for number, ahead in enumerate([-280, 280]):
        await post(listening, signed(call(number), id=f"msg_{number}", ahead=ahead))

    async with listening.ingest.runtime.db.transaction() as connection:
        await repository.forget_webhooks(connection, signed_before=datetime.now(UTC))
        left = await connection.fetch("select id from ingest.webhooks")

    assert [row["id"] for row in left] == ["msg_1"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "whsec_ü", "made-up-token"])
def test_what_is_no_secret_of_a_webhook_makes_no_key(secret: str) -> None:
    assert key_of(secret) is None


def test_a_secret_may_be_shown_without_its_prefix() -> None:
    assert key_of(HOOK.removeprefix("whsec_")) == key_of(HOOK)


async def test_who_guesses_signatures_has_to_wait(listening: Any) -> None:
    forged = replace(signed(call()), signature=signed(call(), secret=STRANGER).signature)

    answers = [await post(listening, forged) for _ in range(int(REFUSALS_AT_ONCE) + 2)]

    assert [answer.status_code for answer in answers[:2]] == [401, 401]
    assert answers[-1].status_code == 429


async def test_what_a_workspace_signs_counts_as_what_it_tells(listening: Any) -> None:
    listening.ingest.runtime.admission.tells("acme", 10_000)

    answer = await post(listening, signed(call()))

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 1
