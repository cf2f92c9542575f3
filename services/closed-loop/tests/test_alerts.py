"""Low ratings reach those who own them: by mail, by signed webhook, by Slack; once."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from analytics.testing import ADDRESS, decision, response, told
from closed_loop.service.intake import Intake
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.testing.ports import free_port

ANN = "ann@example.com"


class Mailbox:
    """A real SMTP server. `refuse`: recipient -> what it answers."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, Any]] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        self.letters += [(to, letter) for to in envelope.rcpt_tos]
        return "250 OK"

    def to(self, address: str) -> list[Any]:
        return [letter for to, letter in self.letters if to == address]


@pytest.fixture
async def mailbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mailbox]:
    found = Mailbox()
    controller = Controller(found, hostname="127.0.0.1", port=free_port())
    controller.start()
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_SMTP_PORT", str(controller.port))
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_SMTP_TLS", "none")
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_SENDER", "Aftercall <alerts@surveys.example.com>")
    try:
        yield found
    finally:
        controller.stop()


@pytest.fixture
async def told_loop(mailbox: Mailbox, loop: Loop) -> Loop:
    """With a mail server."""
    return loop


async def rule(loop: Loop, **changes: Any) -> Any:
    body = {"name": "Unhappy callers", "kind": "low_rating", "emails": [ANN], **changes}
    return await loop.call("POST", "alerts/rules", json=body)


async def answered(loop: Loop, name: str = "c1", score: int = 1, **changes: Any) -> None:
    await loop.tell(*told(decision(name), response(name, score, **changes)))


async def test_a_low_rating_tells_its_owner_at_once(told_loop: Loop, mailbox: Mailbox) -> None:
    await rule(told_loop, queues=["billing"])

    await answered(told_loop, comment=f"call me at {ADDRESS}")
    letter = (await until(lambda: mailbox.to(ANN)))[0]

    assert letter["Subject"] == "Unhappy callers: low rating"
    assert letter["From"] == "Aftercall <alerts@surveys.example.com>"
    text = letter.get_content()
    assert "CSAT 1 by sms (queue billing, team north, agent Ana)" in text
    assert "/console/calls/" in text
    assert ADDRESS not in letter.as_string()
    assert "5550101" not in letter.as_string()


async def test_good_ratings_and_other_queues_tell_nobody(told_loop: Loop, mailbox: Mailbox) -> None:
    await rule(told_loop, queues=["sales"], name="sales")
    await rule(told_loop, emails=["last@example.com"], name="all")

    await answered(told_loop, "good", 5)
    await answered(told_loop, "bad", 2)
    await until(lambda: mailbox.to("last@example.com"))

    assert [to for to, _ in mailbox.letters] == ["last@example.com"]
    raised = await told_loop.call("GET", "alerts")
    assert [one["alert"]["score"] for one in raised["alerts"]] == [2]


async def test_a_response_is_told_once_whatever_comes_again(
    told_loop: Loop, mailbox: Mailbox
) -> None:
    await rule(told_loop)
    facts = told(decision(), response("c1", 1), response("c1", 2, revision=2))
    await told_loop.tell(*facts)
    await until(lambda: mailbox.to(ANN))

    intake = Intake(
        db=told_loop.runtime.db,
        config=told_loop.runtime.config,
        committed=told_loop.parts.webhooks.committed,
    )
    for _ in range(2):
        await intake.on_decisions(facts[:1])
        await intake.on_responses(facts[1:])
    await answered(told_loop, "another")
    told_loop.later(minutes=2)
    told_loop.parts.rules.changed()
    await until(lambda: len(mailbox.to(ANN)) == 2)

    alerts = (await told_loop.call("GET", "alerts"))["alerts"]
    assert len(alerts) == 2


async def test_a_score_that_becomes_low_is_told(told_loop: Loop, mailbox: Mailbox) -> None:
    await rule(told_loop)

    await told_loop.tell(*told(decision(), response("c1", 5), response("c1", 1, revision=2)))

    assert await until(lambda: mailbox.to(ANN))


async def test_what_comes_within_the_cool_down_is_told_together(
    told_loop: Loop, mailbox: Mailbox
) -> None:
    await rule(told_loop, cool_down=3600)
    await answered(told_loop, "c0")
    await until(lambda: mailbox.to(ANN))
    for number in range(1, 4):
        await answered(told_loop, f"c{number}")

    async def all_raised() -> bool:
        return len((await told_loop.call("GET", "alerts"))["alerts"]) == 4

    await until(all_raised)
    await told_loop.recorded()
    before = len(mailbox.to(ANN))
    told_loop.later(hours=2)
    letters = await until(lambda: mailbox.to(ANN)[1:])

    assert before == 1
    assert [letter["Subject"] for letter in letters] == ["Unhappy callers: 3 × low rating"]


async def test_a_digest_waits_for_its_hour(told_loop: Loop, mailbox: Mailbox) -> None:
    await rule(told_loop, digest="hourly")
    await rule(told_loop, emails=["now@example.com"])
    await answered(told_loop)
    await until(lambda: mailbox.to("now@example.com"))
    await told_loop.recorded()
    before = mailbox.to(ANN)
    told_loop.later(minutes=61)

    assert before == []
    assert await until(lambda: mailbox.to(ANN))


async def test_an_alert_reaches_signed_webhooks_and_slack(
    told_loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    made = await told_loop.webhook(receiver.url, events=["alert.raised"])
    slack = await told_loop.webhook(another.url, events=["alert.raised"], format="slack")
    await rule(told_loop, emails=[])

    await answered(told_loop, comment="<!channel> & more")
    await until(lambda: receiver.requests and another.requests)

    body = receiver.requests[0].verified(made["secret"])
    assert (body["type"], body["data"]["alerts"][0]["score"]) == ("alert.raised", 1)
    assert body["data"]["alerts"][0]["link"].count("/console/calls/") == 1
    assert ADDRESS not in receiver.requests[0].body.decode()
    text = another.requests[0].told["text"]
    assert text.startswith("*Unhappy callers: low rating*")
    assert "&lt;!channel&gt; &amp; more" in text
    assert slack["endpoint"]["url"].endswith("…hook")


async def test_a_rule_tells_the_webhooks_that_it_names_alone(
    told_loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    await told_loop.webhook(receiver.url, events=["alert.raised"])
    named = await told_loop.webhook(another.url, events=["alert.raised"])
    await rule(told_loop, emails=[], webhooks=[named["endpoint"]["id"]])

    await answered(told_loop)
    await until(lambda: another.requests)

    assert receiver.requests == []


async def test_a_recipient_whom_the_server_does_not_know_is_not_tried_again(
    told_loop: Loop, mailbox: Mailbox
) -> None:
    mailbox.refuse = {"gone@example.com": "550 no such user"}
    await rule(told_loop, emails=["gone@example.com", ANN])

    await answered(told_loop)
    await until(lambda: mailbox.to(ANN))

    async def both() -> Any:
        mails = (await told_loop.call("GET", "alerts/mails"))["mails"]
        return {one["recipient"]: one["state"] for one in mails}

    async def done() -> bool:
        return "waiting" not in (await both()).values()

    await until(done)
    assert await both() == {"gone@example.com": "failed", ANN: "sent"}


async def test_a_server_that_is_busy_gets_the_same_mail_later(
    told_loop: Loop, mailbox: Mailbox
) -> None:
    mailbox.refuse = {ANN: "451 try again"}
    await rule(told_loop)
    await answered(told_loop)

    async def tried() -> Any:
        mails = (await told_loop.call("GET", "alerts/mails"))["mails"]
        return mails and mails[0]["problem"]

    problem = await until(tried)
    mailbox.refuse = {}
    told_loop.later(minutes=1)
    letter = (await until(lambda: mailbox.to(ANN)))[0]

    assert "451" in problem
    assert letter["Message-ID"].endswith("@surveys.example.com>")


async def test_of_a_rule_that_is_off_nothing_is_told(told_loop: Loop, mailbox: Mailbox) -> None:
    made = await rule(told_loop, digest="hourly")
    await rule(told_loop, name="on", emails=["on@example.com"])
    await answered(told_loop)
    await until(lambda: mailbox.to("on@example.com"))
    await told_loop.recorded()

    await told_loop.call("PATCH", f"alerts/rules/{made['id']}", json={"enabled": False})
    told_loop.later(hours=2)

    async def all_told() -> bool:
        alerts = (await told_loop.call("GET", "alerts"))["alerts"]
        return all(one["told_at"] for one in alerts)

    await until(all_told)
    assert mailbox.to(ANN) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"emails": ["a@example.com, b@example.com"]}, "emails"),
        ({"emails": ["a@example.com\r\nBcc: b@example.com"]}, "emails"),
        ({"emails": [f"{n}@example.com" for n in range(11)]}, "emails"),
        ({"metric": "nps"}, "metric"),
        ({"kind": "falling_score"}, "metric"),
        ({"kind": "falling_score", "metric": "nps", "flows": ["x"]}, "flows"),
        ({"webhooks": ["00000000-0000-0000-0000-000000000001"]}, "webhooks"),
        ({"cool_down": 1}, "cool_down"),
        ({"name": ""}, "name"),
        ({"more": 1}, "more"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    told_loop: Loop, body: dict[str, Any], field: str
) -> None:
    given = {"name": "x", "kind": "low_rating", **body}
    answer = await told_loop.ask("POST", "alerts/rules", json=given)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_without_a_mail_server_nobody_is_promised_mails(loop: Loop) -> None:
    body = {"name": "x", "kind": "low_rating", "emails": [ANN]}
    answer = await loop.ask("POST", "alerts/rules", json=body)

    assert answer.json()["errors"] == [
        {"field": "emails", "message": "the operator has set no mail server"}
    ]
    assert (await loop.call("GET", "alerts/rules"))["mails"] is False


async def test_nobody_sees_another_workspaces_rules(told_loop: Loop) -> None:
    made = await rule(told_loop)
    path = f"alerts/rules/{made['id']}"

    assert (await told_loop.call("GET", "alerts/rules", key="other"))["rules"] == []
    for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
        assert (await told_loop.ask(method, path, key="other", json=body)).status_code == 404
    assert (await told_loop.ask("GET", "alerts/rules", key="reader")).status_code == 403
    assert (await told_loop.ask("GET", "alerts", key="reader")).status_code == 200


async def test_a_rule_is_changed_and_removed(told_loop: Loop) -> None:
    made = await rule(told_loop)
    path = f"alerts/rules/{made['id']}"

    changed = await told_loop.call("PATCH", path, json={"name": "New", "queues": ["sales"]})
    await told_loop.call("DELETE", path)

    assert (changed["name"], changed["queues"], changed["emails"]) == ("New", ["sales"], [ANN])
    assert (await told_loop.ask("GET", path)).status_code == 404


@pytest.mark.parametrize("most_mails", [2])
async def test_a_workspace_sends_so_many_mails_a_day(told_loop: Loop, mailbox: Mailbox) -> None:
    """They carry the operator's name to whomever the workspace names."""
    await rule(told_loop, emails=[f"{n}@example.com" for n in range(3)])

    await answered(told_loop)
    await until(lambda: len(mailbox.letters) == 2)
    told_loop.later(minutes=2)
    await answered(told_loop, "another")

    async def mails_of_both() -> Any:
        found = (await told_loop.call("GET", "alerts/mails"))["mails"]
        return found if len(found) >= 4 else None

    mails = await until(mails_of_both)
    failed = [one["problem"] for one in mails if one["state"] == "failed"]
    assert failed == ["the workspace has sent 2 mails in a day already"] * 2
    assert len(mails) == 4  # of twice as many not even that
    assert len(mailbox.letters) == 2
