"""Messages over HTTP: what is accepted, what is refused, what the platform is told."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from twilio.request_validator import RequestValidator

from sandbox import ledger
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.receiver import Receiver
from sandbox.serving import serve
from sandbox.webhooks import signature

SID = "AC00000000000000000000000000000001"
TOKEN = "12345678901234567890123456789012"
OURS = "+12025550190"
PERSON = "+12135550101"


def form(**fields: str) -> dict[str, str]:
    return {"To": PERSON, "From": OURS, "Body": "How did it go, 0 to 10?", **fields}


async def test_an_accepted_text_is_answered_with_the_message(api: httpx.AsyncClient) -> None:
    answer = await api.post("/Messages.json", data=form())

    message = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch(r"SM[0-9a-f]{32}", message["sid"])
    assert {key: message[key] for key in ("status", "to", "from", "direction", "num_segments")} == {
        "status": "queued",
        "to": PERSON,
        "from": OURS,
        "direction": "outbound-api",
        "num_segments": "1",
    }
    assert message["date_sent"] is None
    assert message["date_created"].endswith("+0000")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "+1202555"}, 21211),
        ({"To": "2025550101"}, 21211),
        ({"To": "+15005550009"}, 21614),
        ({"From": ""}, 21603),
        ({"From": "hello"}, 21212),
        ({"From": "+12025550191"}, 21659),
        ({"From": "", "MessagingServiceSid": "MG1"}, 21705),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "http://a_b.example/x"}, 21609),
        ({"StatusCallback": "nonsense"}, 21609),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
    ],
)
async def test_what_is_wrong_has_its_code(
    api: httpx.AsyncClient, carrier: Carrier, fields: dict[str, str], code: int
) -> None:
    answer = await api.post("/Messages.json", data=form(**fields))

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["more_info"].endswith(str(code))
    (entry,) = ledger.only(carrier.ledger, ledger.CreateRequest)
    assert (entry.accepted, entry.code, entry.status) == (False, code, 400)


async def test_a_wrong_token_is_refused(api: httpx.AsyncClient) -> None:
    for auth in ((SID, "wrong"), ("AC2", TOKEN)):
        answer = await api.post("/Messages.json", data=form(), auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert (await api.get("/Messages.json", auth=(SID, "no"))).status_code == 401


async def test_callbacks_tell_each_status_in_order_and_signed(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver
) -> None:
    callback = f"{platform.url}/status?step=7&kind=a%2Fb"
    sid = (await api.post("/Messages.json", data=form(StatusCallback=callback))).json()["sid"]
    await carrier.settled()

    assert platform.statuses == ["queued", "sent", "delivered"]
    tokens = set()
    for request in platform.requests:
        url, headers, sent = request.url, request.headers, request.form
        assert url == callback
        assert sent["MessageSid"] == sent["SmsSid"] == sid
        assert (sent["To"], sent["From"], sent["AccountSid"]) == (PERSON, OURS, SID)
        assert RequestValidator(TOKEN).validate(url, sent, headers["x-twilio-signature"])
        tokens.add(headers["i-twilio-idempotency-token"])
    assert len(tokens) == 3
    assert ledger.acknowledged_sids(carrier.ledger, "delivered") == {sid}


def test_the_signature_is_that_of_the_published_vector() -> None:
    fields = {
        "CallSid": "CA00000000000000000000000000000001",
        "CallStatus": "completed",
        "CallDuration": "229",
        "From": "+12025550101",
        "To": "+12025550190",
        "FromCity": "",
    }
    url = "https://hooks.example.com/twilio/voice?tenant=acme"
    assert signature(TOKEN, url, fields) == "FIh4N7foDB51bAeWdhVOCLWBdRQ="


async def test_an_inbound_text_carries_every_field_and_a_signature(
    carrier: Carrier, platform: Receiver
) -> None:
    sid = await carrier.receive(PERSON, OURS, body="9 – great 👍")

    (request,) = platform.requests
    url, headers, sent = request.url, request.headers, request.form
    assert url == f"{platform.url}/inbound?a=b%2Fc"
    assert RequestValidator(TOKEN).validate(url, sent, headers["x-twilio-signature"])
    assert sent["MessageSid"] == sent["SmsMessageSid"] == sid
    assert (sent["Body"], sent["NumSegments"], sent["NumMedia"]) == ("9 – great 👍", "1", "0")
    assert "FromCity" in sent
    assert "OptOutType" not in sent
    assert [reply.body for reply in ledger.acknowledged_replies(carrier.ledger.entries)] == [
        "9 – great 👍"
    ]


async def test_stop_blocks_the_pair_answers_and_tells(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver
) -> None:
    arrived: list[str] = []
    carrier.listeners.append(lambda text: arrived.append(text.body))
    await carrier.receive(PERSON, OURS, body=" stop ")

    assert platform.texts[0]["OptOutType"] == "STOP"
    assert "unsubscribed" in arrived[0]
    refused = await api.post("/Messages.json", data=form())
    assert refused.json()["code"] == 21610
    assert (await api.post("/Messages.json", data=form(To="+12135550102"))).status_code == 201

    await carrier.receive(PERSON, OURS, body="start")
    assert platform.texts[1]["OptOutType"] == "START"
    assert (await api.post("/Messages.json", data=form())).status_code == 201


async def test_stop_within_a_sentence_is_no_keyword(carrier: Carrier, platform: Receiver) -> None:
    await carrier.receive(PERSON, OURS, body="please stop calling")

    assert "OptOutType" not in platform.texts[0]


async def test_an_account_without_opt_out_handling_leaves_stop_to_the_platform(
    carrier: Carrier, api: httpx.AsyncClient, platform: Receiver
) -> None:
    await api.put(f"{carrier.base_url}/control/accounts/{SID}", json={"handles_stop": False})
    await carrier.receive(PERSON, OURS, body="STOP")

    assert "OptOutType" not in platform.texts[0]
    assert (await api.post("/Messages.json", data=form())).status_code == 201


async def test_a_service_chooses_its_number_and_keeps_to_it(platform: Receiver) -> None:
    pool = ("+12025550191", "+12025550192", "+12025550193")
    accounts = {SID: Account(TOKEN, numbers=(OURS, *pool), services={"MG1": pool})}
    async with (
        serve(Carrier, accounts=accounts) as carrier,
        httpx.AsyncClient(trust_env=False, verify=False) as c,
    ):
        url = f"{carrier.base_url}/2010-04-01/Accounts/{SID}/Messages.json"
        fields = {"To": PERSON, "MessagingServiceSid": "MG1", "Body": "Hello"}
        answers = [await c.post(url, data=fields, auth=(SID, TOKEN)) for _ in range(3)]
        await carrier.settled()
        senders = {r.sender for r in ledger.only(carrier.ledger, ledger.CreateRequest)}

    assert [answer.json()["status"] for answer in answers] == ["accepted"] * 3
    assert answers[0].json()["from"] is None
    assert len(senders) == 1
    assert senders < set(pool)


async def test_messages_are_listed_newest_first_by_page(
    api: httpx.AsyncClient, carrier: Carrier
) -> None:
    sids = [(await api.post("/Messages.json", data=form())).json()["sid"] for _ in range(3)]
    await api.post("/Messages.json", data=form(To="+12135550199"))
    await carrier.settled()

    today = datetime.now(UTC).date().isoformat()
    query = {"To": PERSON, "DateSent>": today, "PageSize": "2"}
    first = (await api.get("/Messages.json", params=query)).json()
    second = (await api.get(carrier.base_url + first["next_page_uri"])).json()

    found = [message["sid"] for message in first["messages"] + second["messages"]]
    assert found == sids[::-1]
    assert second["next_page_uri"] is None
    assert first["messages"][0]["status"] == "delivered"
    old = await api.get("/Messages.json", params={"DateSent<": "2020-01-01"})
    assert old.json()["messages"] == []


async def test_one_message_is_fetched_by_its_sid(api: httpx.AsyncClient, carrier: Carrier) -> None:
    sid = (await api.post("/Messages.json", data=form())).json()["sid"]
    await carrier.settled()

    assert (await api.get(f"/Messages/{sid}.json")).json()["status"] == "delivered"
    unknown = await api.get("/Messages/SM0.json")
    assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)


async def test_a_plain_text_answer_to_a_reply_reaches_the_person(
    carrier: Carrier, platform: Receiver
) -> None:
    platform.answers.append((200, "text/plain", "ok"))
    arrived: list[str] = []
    carrier.listeners.append(lambda text: arrived.append(text.body))
    await carrier.receive(PERSON, OURS, body="9")

    assert arrived == ["ok"]
