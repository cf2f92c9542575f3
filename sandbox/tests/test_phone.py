"""The phone in the browser, by its endpoints: what arrives, what its holder does, its bounds."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.ledger import CallStatus, Heard, Pressed, Reply, only
from sandbox.pbx.numbers import CUSTOMERS, PHONES, customer
from sandbox.personas import Habit
from sandbox.phone import phones
from sandbox.phone.endpoints import LONGEST, MOST_STREAMS
from sandbox.phone.feed import Feed
from sandbox.phone.serving import serve
from sandbox.phone.switch import Platform
from sandbox.receiver import Receiver
from sandbox.whatsapp import endpoints as meta
from sandbox.whatsapp.cloud import Business, Chat, WhatsApp

SID = "AC00000000000000000000000000000001"
OURS, CHATS = "+12025550190", "+13475550160"
ASK = (
    '<Response><Gather numDigits="{digits}" timeout="20" finishOnKey="{finish}" action="/key"'
    ' actionOnEmptyResult="true"><Say>Press a key</Say></Gather></Response>'
)
ASK1 = ASK.format(digits="1", finish="")
BYE = "<Response><Say>Thank you</Say><Hangup/></Response>"
CALL = {"queue": "billing", "agent": "101", "channel": "sms"}


@pytest.fixture
async def whatsapp(platform: Receiver) -> AsyncIterator[WhatsApp]:
    business = Business(
        id="1", token="t", secret="s", webhook=f"{platform.url}/chats", numbers={"2": CHATS}
    )
    async with meta.serve([business]) as running:
        yield running


@pytest.fixture
async def http(
    carrier: Carrier, whatsapp: WhatsApp, platform: Receiver
) -> AsyncIterator[httpx.AsyncClient]:
    """The phone's page, as a browser asks for it."""
    told = Platform(
        url=platform.url,
        calls=f"{platform.url}/calls",
        token="pbx-token",
        key="ac_key",
        workspace="demo",
    )
    async with (
        serve(carrier, whatsapp, told, console="/console", spoken=1000.0) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client,
    ):
        yield client


class Held:
    """A phone and who holds it."""

    def __init__(self, http: httpx.AsyncClient, told: dict[str, str]) -> None:
        self.http = http
        self.number = told["number"]
        self.path = f"/phones/{told['id']}"

    async def does(self, what: str, **body: Any) -> int:
        answer = await self.http.post(f"{self.path}/{what}", json=body)
        return answer.status_code

    async def sees(self, kind: str, *, since: int = 0) -> list[dict[str, Any]]:
        """Everything that happened, up to the first of that kind."""
        found: list[dict[str, Any]] = []
        headers = {"Last-Event-ID": str(since)}
        async with (
            asyncio.timeout(90),
            self.http.stream("GET", f"{self.path}/happenings", headers=headers) as stream,
        ):
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    found.append(json.loads(line.removeprefix("data: ")))
                    if found[-1]["kind"] == kind:
                        return found
        raise AssertionError(f"{kind} did not happen, but {found}")


@pytest.fixture
async def phone(http: httpx.AsyncClient) -> Held:
    answer = await http.post("/phones")
    assert answer.status_code == 201
    return Held(http, answer.json())


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not happened():  # noqa: ASYNC110 - polled as anybody must
            await asyncio.sleep(0.01)


async def texted(api: httpx.AsyncClient, phone: Held) -> None:
    answer = await api.post(
        "/Messages.json", data={"To": phone.number, "From": OURS, "Body": "1 to 5?"}
    )
    assert answer.status_code == 201


async def rung(
    api: httpx.AsyncClient, platform: Receiver, phone: Held, *answers: str, ring: int = 20
) -> None:
    """A call that is given these documents. `ring`: seconds."""
    platform.answers.extend((200, "text/xml", answer) for answer in answers)
    form = {"To": phone.number, "From": OURS, "Url": f"{platform.url}/prompt", "Timeout": str(ring)}
    assert (await api.post("/Calls.json", data=form)).status_code == 201


async def test_a_text_arrives_and_only_its_holder_answers_it(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver, phone: Held
) -> None:
    eager = {phone.number: Habit.QUICK}
    Callers(carrier, fixed=eager, delays=(0, 0), not_for=frozenset(PHONES).__contains__)
    await texted(api, phone)
    *_, text = await phone.sees("text")
    await carrier.settled()
    before = only(carrier.ledger, Reply)
    status = await phone.does("texts", to=text["sender"], body="5")
    happened = await phone.sees("mine")
    await until(lambda: bool(platform.texts))

    assert (text["sender"], text["body"]) == (OURS, "1 to 5?")
    assert (before, status) == ([], 202)
    assert happened[-1] == {"kind": "mine", "place": "text", "body": "5"}
    assert [(one["From"], one["Body"]) for one in platform.texts] == [(phone.number, "5")]


async def test_a_chat_arrives_and_is_answered_by_its_buttons_and_in_words(
    whatsapp: WhatsApp, phone: Held
) -> None:
    chat = Chat(
        business="1",
        person=phone.number,
        sender=CHATS,
        id="wamid.1",
        body="1 to 5?",
        choices={"4": "score:4"},
        kind="list",
    )
    for listener in whatsapp.listeners:
        listener(chat)
    *_, told = await phone.sees("chat")

    assert (told["body"], told["shown"], told["choices"]) == ("1 to 5?", "list", ["4"])
    assert await phone.does("taps", chat="wamid.1", title="5") == 404
    assert await phone.does("taps", chat="wamid.2", title="4") == 404
    assert await phone.does("taps", chat="wamid.1", title="4") == 202
    assert await phone.does("chats", to=CHATS, body="was quick") == 202
    await phone.sees("mine")
    await until(lambda: len(only(whatsapp.ledger, Reply)) == 2)
    replies = [reply.body for reply in only(whatsapp.ledger, Reply)]
    assert sorted(replies) == ["4", "was quick"]


@pytest.mark.parametrize(
    ("digits", "finish", "pressed", "told"),
    [("1", "", "4", "4"), ("2", "#", "10", "10"), ("2", "#", "7#", "7")],
)
async def test_a_call_rings_is_picked_up_and_keys_are_told(
    api: httpx.AsyncClient,
    carrier: Carrier,
    platform: Receiver,
    phone: Held,
    digits: str,
    finish: str,
    pressed: str,
    told: str,
) -> None:
    await rung(api, platform, phone, ASK.format(digits=digits, finish=finish), BYE)
    await phone.sees("ringing")
    assert await phone.does("call", does="pick_up") == 202
    await phone.sees("said")
    for key in pressed:
        assert await phone.does("call", does="press", key=key) == 202
    happened = await phone.sees("over")

    assert [one["body"] for one in happened if one["kind"] == "said"] == [
        "Press a key",
        "Thank you",
    ]
    assert [one["key"] for one in happened if one["kind"] == "pressed"] == list(pressed)
    assert happened[-1]["answered"] is True
    assert [one.keys for one in only(carrier.ledger, Pressed)] == [told]


@pytest.mark.parametrize(("does", "ended"), [("decline", "busy"), ("hang_up", "completed")])
async def test_a_call_is_declined_or_hung_up(
    api: httpx.AsyncClient,
    carrier: Carrier,
    platform: Receiver,
    phone: Held,
    does: str,
    ended: str,
) -> None:
    await rung(api, platform, phone, ASK1)
    await phone.sees("ringing")
    if does == "hang_up":
        assert await phone.does("call", does="hang_up") == 409  # nobody is on the line so far
        await phone.does("call", does="pick_up")
        await phone.sees("said")
    assert await phone.does("call", does=does) == 202
    happened = await phone.sees("over")
    await carrier.settled()

    assert happened[-1]["answered"] is (does == "hang_up")
    assert only(carrier.ledger, CallStatus)[-1].status == ended
    assert only(carrier.ledger, Pressed) == []
    assert await phone.does("call", does=does) == 409


async def test_a_call_that_nobody_picks_up_ends_by_itself(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver, phone: Held
) -> None:
    await rung(api, platform, phone, ring=1)
    happened = await phone.sees("over")
    await carrier.settled()

    assert happened[-1]["answered"] is False
    assert only(carrier.ledger, CallStatus)[-1].status == "no-answer"
    assert await phone.does("call", does="pick_up") == 409


async def test_keys_that_were_pressed_before_the_question_answer_nothing(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver, phone: Held
) -> None:
    early = "<Response><Say>One moment</Say><Redirect>/on</Redirect></Response>"
    await rung(api, platform, phone, early.replace("One moment", "x" * 1500), ASK1, BYE)
    await phone.sees("ringing")
    await phone.does("call", does="pick_up")
    await phone.sees("said")
    assert await phone.does("call", does="press", key="1") == 202
    await until(lambda: any(heard.keys for heard in only(carrier.ledger, Heard)))
    assert await phone.does("call", does="press", key="5") == 202
    await phone.sees("over")

    assert [one.keys for one in only(carrier.ledger, Pressed)] == ["5"]


async def test_a_phone_on_a_call_is_busy_for_another(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver, phone: Held
) -> None:
    await rung(api, platform, phone, ASK1, BYE)
    await phone.sees("ringing")
    await rung(api, platform, phone)
    await until(lambda: "busy" in {one.status for one in only(carrier.ledger, CallStatus)})
    await phone.does("call", does="pick_up")
    await phone.sees("said")

    assert await phone.does("call", does="press", key="3") == 202
    assert [one["kind"] for one in await phone.sees("over")].count("ringing") == 1


async def test_what_a_provider_says_itself_is_heard(
    api: httpx.AsyncClient, platform: Receiver, phone: Held
) -> None:
    await rung(api, platform, phone, "no document")
    await phone.sees("ringing")
    await phone.does("call", does="pick_up")

    said = [one["body"] for one in await phone.sees("over") if one["kind"] == "said"]
    assert said == ["An application error has occurred. Goodbye."]


async def test_an_ended_call_is_told_as_a_switch_tells_it(platform: Receiver, phone: Held) -> None:
    platform.answers.append((202, "application/json", '{"interaction_id": "i-1"}'))
    assert await phone.does("ended-calls", **CALL) == 202

    (told,) = platform.requests
    body = json.loads(told.body)
    assert (body["event"], body["token"]) == ("call.ended", "pbx-token")
    assert body["data"]["raw_digits"] == phone.number
    assert (body["data"]["user"]["name"], body["data"]["number"]["name"]) == ("Asha Rao", "billing")
    assert [tag["name"] for tag in body["data"]["tags"]] == ["by-sms"]
    assert (await phone.sees("ended"))[-1]["interaction"] == "i-1"


async def test_a_platform_that_does_not_take_a_call_is_told_to_the_person(
    platform: Receiver, phone: Held
) -> None:
    platform.answers.append((503, "text/plain", "later"))
    answer = await phone.http.post(f"{phone.path}/ended-calls", json=CALL)

    assert (answer.status_code, answer.json()) == (502, {"detail": "the platform answered 503"})


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("ended-calls", CALL | {"queue": "none"}, 404),
        ("ended-calls", CALL | {"agent": "201"}, 404),
        ("ended-calls", CALL | {"channel": "fax"}, 422),
        ("ended-calls", CALL | {"more": 1}, 422),
        ("ended-calls", {}, 422),
        ("texts", {"to": OURS, "body": "5"}, 404),  # nobody has texted
        ("texts", {"to": OURS, "body": ""}, 422),
        ("texts", {"to": OURS, "body": "x" * 1601}, 422),
        ("chats", {"to": CHATS, "body": "5"}, 404),
        ("taps", {"chat": "c", "title": "5"}, 404),
        ("call", {"does": "pick_up"}, 409),
        ("call", {"does": "press", "key": "A"}, 422),
        ("call", {"does": "press", "key": ""}, 422),
        ("call", {"does": "press", "key": "12"}, 422),
        ("call", {"does": "press", "key": "1"}, 409),
        ("call", {"does": "shout"}, 422),
        ("call", [], 422),
    ],
)
async def test_what_cannot_be_done_is_refused(
    phone: Held, what: str, body: Any, status: int
) -> None:
    assert (await phone.http.post(f"{phone.path}/{what}", json=body)).status_code == status


async def test_requests_are_bounded_json_and_of_this_page(phone: Held) -> None:
    path, http = f"{phone.path}/call", phone.http
    port = http.base_url.port
    for headers, status in (
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": f"rebound.example:{port}"}, 421),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"http://127.0.0.1:{port}"}, 409),
    ):
        given = {"Content-Type": "application/json"} | headers
        answer = await http.post(path, content=b'{"does": "pick_up"}', headers=given)
        assert answer.status_code == status, headers
    long = b'{"does": "' + b"x" * LONGEST + b'"}'
    answer = await http.post(path, content=long, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    for wrong in ("nobody", "..", "%00"):
        assert (await http.get(f"/phones/{wrong}/happenings")).status_code == 404


async def test_the_page_loads_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/review", "text/html"),
        ("/phone.js", "text/javascript"),
        ("/phone.css", "css"),
    ):
        answer = await http.get(path)
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "://" not in answer.text


async def test_one_phone_ends_so_many_calls_and_writes_so_many_messages(
    monkeypatch: pytest.MonkeyPatch, api: httpx.AsyncClient, platform: Receiver, phone: Held
) -> None:
    monkeypatch.setattr(phones, "MOST_CALLS", 1)
    monkeypatch.setattr(phones, "MOST_MESSAGES", 1)
    platform.answers.append((202, "application/json", '{"interaction_id": "i-1"}'))
    calls = [await phone.does("ended-calls", **CALL) for _ in range(2)]
    await texted(api, phone)
    await phone.sees("text")
    texts = [await phone.does("texts", to=OURS, body="5") for _ in range(2)]

    assert calls == texts == [202, 429]


async def test_every_phone_has_a_number_of_its_own_and_they_end(http: httpx.AsyncClient) -> None:
    taken = [await http.post("/phones") for _ in PHONES]

    assert {answer.json()["number"] for answer in taken} == set(PHONES)
    assert len({answer.json()["id"] for answer in taken}) == len(PHONES)
    assert (await http.post("/phones")).status_code == 429


async def test_only_some_pages_look_at_one_phone(phone: Held) -> None:
    async def look() -> None:
        async with phone.http.stream("GET", f"{phone.path}/happenings") as stream:
            statuses.append(stream.status_code)
            await asyncio.Event().wait()

    statuses: list[int] = []
    looking = [asyncio.create_task(look()) for _ in range(MOST_STREAMS)]
    await until(lambda: len(statuses) == MOST_STREAMS)
    more = await phone.http.get(f"{phone.path}/happenings")
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)

    assert statuses == [200] * MOST_STREAMS
    assert more.status_code == 429


def test_no_customer_of_a_scenario_has_the_number_of_a_phone() -> None:
    assert not {customer(index) for index in range(CUSTOMERS)} & set(PHONES)


async def test_a_feed_keeps_the_newest_and_goes_on_where_one_was() -> None:
    feed = Feed(most=3)
    for number in range(5):
        feed.add("said", body=str(number))

    kept = await feed.after(0, patience=0)
    assert [what["body"] for _, what in kept] == ["2", "3", "4"]
    assert [number for number, _ in await feed.after(4, patience=0)] == [5]
    assert await feed.after(5, patience=0) == []
    waiting = asyncio.create_task(feed.after(5, patience=20))
    await asyncio.sleep(0)
    feed.add("said", body="5")
    assert [what["body"] for _, what in await waiting] == ["5"]
