"""`aftercall verify-event` and `send-test-event`: as an integrator runs them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from aftercall.keys import first_key
from aftercall.main import app
from aftercall.platform import platform
from aftercall.port import listen
from common.process.settings import CommonSettings
from orchestrator.service.configuration.keys import create_key
from sandbox import server

EXAMPLES = Path(__file__).parents[2] / "examples"
RECORDED = Path(__file__).parents[2] / "services/ingest/tests/vendors"
SECRET = "the-secret-of-the-tests"
VENDORS = ("aircall", "freeswitch", "myoperator")


def aftercall(*arguments: str, given: bytes | None = None) -> Result:
    cleared = {"AFTERCALL_KEY": None, "AFTERCALL_URL": None, "NO_COLOR": "1"}
    return CliRunner().invoke(app, arguments, input=given, env=cleared)


def event(*, outer: dict[str, Any] | None = None, **data: Any) -> bytes:
    call = {
        "id": "c-1",
        "kind": "call",
        "ending": "connected",
        "address": "+1 202-555-0101",
        "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        "queue": "billing",
        "talk_seconds": 90,
    }
    whole = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/my/pbx",
        "type": "interaction.ended.v1",
        "data": call | data,
    }
    return json.dumps(whole | (outer or {})).encode()


def verify(body: bytes, *options: str) -> Result:
    return aftercall("verify-event", "-", *options, given=body)


def test_a_good_event_is_said_to_be_asked_about() -> None:
    ended = verify(event())

    assert ended.exit_code == 0, ended.output
    assert "address: +12025550101" in ended.output
    assert "ASKED by the flow after-every-call, by sms: survey csat (csat), at once" in ended.output
    assert "passed frequency_cap: 0 of 1 asks in 7d" in ended.output
    assert (
        "Consent, caps and the daily ceiling are known on the live platform alone" in ended.output
    )


def test_every_wrong_field_is_named_with_what_was_sent() -> None:
    ended = verify(event(ended_at="2026-01-05T10:14:20", talk_seconds="90", talk_secs=4))

    assert ended.exit_code == 1
    assert "data.ended_at: a time needs a zone" in ended.output
    assert 'sent: "2026-01-05T10:14:20"' in ended.output
    assert 'sent: "90"' in ended.output
    assert "nobody reads: talk_secs (did you mean talk_seconds?)" in ended.output


NOT_ASKED = [
    ({"talk_seconds": 5}, "talk_time: the conversation was too short: talked 5s, at least 15s"),
    ({"queue": "sales"}, "no_flow: no enabled flow is for such an interaction: inbound call"),
    ({"ending": "missed"}, "not_connected: no agent talked with the person: ended as missed"),
    ({"address": "anonymous"}, "no_address: there is no address to ask at: hidden"),
    ({"do_not_survey": True}, "do_not_survey: the source said not to ask about it"),
    ({"ended_at": "2026-01-05T10:14:20Z"}, "too_old: it ended too long ago"),
]


@pytest.mark.parametrize(("data", "verdict"), NOT_ASKED)
def test_the_guard_that_refuses_is_told_with_its_fact(data: dict[str, Any], verdict: str) -> None:
    ended = verify(event(**data), "--config", str(EXAMPLES / "csat-by-sms.yaml"))

    assert ended.exit_code == 0, ended.output
    assert f"NOT ASKED, {verdict}" in ended.output


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("aircall/connected", "ASKED by the flow"),
        ("aircall/hungup", "IGNORED"),
        ("aircall/tagged-later", "NOT DECIDED: an amendment"),
        ("freeswitch/connected-as-base64", "ASKED by the flow"),
        ("myoperator/missed", "NOT ASKED, not_connected"),
        ("mapped-json/our-own-names", "ASKED by the flow"),
    ],
)
def test_a_vendors_own_body_is_read_by_its_adapter(tmp_path: Path, case: str, outcome: str) -> None:
    file = tmp_path / "body"
    file.write_text(json.loads((RECORDED / f"{case}.json").read_text())["body"])
    vendor, at = case.partition("/")[0], "2026-01-05T10:20:00Z"

    ended = aftercall("verify-event", str(file), "--source", vendor, "--at", at)

    assert ended.exit_code == 0, ended.output
    assert outcome in ended.output


def test_each_event_of_a_batch_is_told() -> None:
    ended = verify(b"[" + event() + b"," + event(kind="letter") + b"]")

    assert ended.exit_code == 1
    first, second = ended.output.split("event 1")
    assert "ASKED" in first
    assert "data.kind: " in second
    assert 'sent: "letter"' in second


UNUSABLE: dict[str, tuple[bytes, tuple[str, ...], str]] = {
    "no JSON": (b"{", (), "the body: Invalid JSON"),
    "a list of nothing": (b"[", (), "the body: not JSON"),
    "too long": (b"[" + b"{}," * 1000 + b"{}]", (), "At most 1000 events are read."),
    "vendor's field": (
        b'{"event":"call.ended","data":17}',
        ("--source", "aircall"),
        "data.ended_at: is",
    ),
    "another vendor's": (
        (RECORDED / "freeswitch/connected.json").read_bytes().replace(b'\\"', b'"'),
        ("--source", "aircall"),
        "looks like FreeSWITCH; this source's vendor is aircall",
    ),
    "workspace": (event(outer={"workspace": "x"}), (), "workspace: is no workspace"),
    "no source": (b"{}", ("--source", "pbx"), "there is no source pbx; there are aircall"),
    "no file": (b"{}", ("--config", "/nowhere.yaml"), "/nowhere.yaml: No such file"),
    "no time": (b"{}", ("--at", "noon"), "--at noon: no time such as 2026-01-05T10:14:20Z"),
    "no platform": (b"{}", ("--key", "ac_x", "--url", "http://127.0.0.1:1"), "no platform answers"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_used_is_said_in_words(case: str) -> None:
    body, options, said = UNUSABLE[case]

    ended = verify(body, *options)

    assert ended.exit_code == 1
    assert said in ended.output
    assert isinstance(ended.exception, SystemExit), "no traceback"


def test_a_wrong_configuration_is_told_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    text = (EXAMPLES / "csat-by-sms.yaml").read_text().replace("survey: csat", "survey: nps")
    file.write_text(text)

    ended = verify(event(), "--config", str(file))

    line = 1 + text[: text.index("survey: nps")].count("\n")
    assert ended.exit_code == 1
    assert f"{file}:{line}: flows.0.survey: there is no survey nps" in ended.output


@dataclass(frozen=True, slots=True)
class Up:
    """A running platform with one workspace; its flow asks about calls to the claims line."""

    url: str
    key: str
    writer: str  # a key that may write events and read nothing

    async def run(self, *arguments: str, key: str | None = None, **options: Any) -> Result:
        always = ("--url", self.url, "--key", key or self.key)
        return await asyncio.to_thread(aftercall, *arguments, *always, **options)


@pytest.fixture
async def up(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Up]:
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_SECRET", SECRET)
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_TOKEN", "made-up-token")
    settings = CommonSettings.model_validate(
        {
            "database_url": database_url,
            "contact_pepper": "the pepper of the tests",
            "public_url": "http://127.0.0.1:1",
            "log_level": "ERROR",
        }
    )
    file = tmp_path / "acme.yaml"
    file.write_text(json.dumps(configuration()))
    async with platform(settings, listen(0)) as running:
        key = await first_key(running.runtime.db) or ""
        async with running.runtime.db.transaction() as connection:
            writer = await create_key(
                connection, name="writer", scopes=["events:write"], workspace="acme"
            )
        started = Up(running.url, key, writer)
        applied = await started.run("apply", str(file))
        assert applied.exit_code == 0, applied.output
        yield started


def configuration() -> dict[str, Any]:
    """As a file of `apply` has it: JSON is YAML."""
    rating = {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "1 to 5?"}}
    account = {
        "id": "nobody",
        "account_sid": "AC1",
        "auth_token": "env:AFTERCALL_SECRET_ACME_TOKEN",
        "base_url": "http://127.0.0.1:1",
        "senders": [{"number": "+16465550150"}],
    }
    secret = "env:AFTERCALL_SECRET_ACME_SECRET"
    when = {"queues": ["claims"], "numbers": ["+12025550191"]}
    return {
        "workspaces": [{"id": "acme", "name": "Acme", "caps": [{"asks": 1, "per": "7d"}]}],
        "sources": [
            {
                "id": f"acme-{vendor}",
                "vendor": vendor,
                "region": "US",
                "secrets": [secret],
            }
            for vendor in VENDORS
        ],
        "numbers": [{"number": "+12025550191"}],
        "accounts": [account],
        "surveys": [{"id": "csat", "metric": "csat", "questions": [rating]}],
        "flows": [{"id": "claims-csat", "survey": "csat", "enabled": True, "when": when}],
    }


async def test_a_test_event_is_followed_to_its_decision(up: Up) -> None:
    first = await up.run("send-test-event", "--follow", "15")
    again = await up.run("send-test-event", "--follow", "0")
    elsewhere = await up.run("send-test-event", "--queue", "sales")

    assert (first.exit_code, again.exit_code, elsewhere.exit_code) == (0, 0, 0), first.output
    assert "TAKEN: interaction " in first.output
    assert "ASKED by the flow claims-csat, by sms: survey csat (csat), at once" in first.output
    assert "a test: it is asked and counted nowhere" in first.output
    assert "the ask: waiting at the provider: " in first.output
    assert ", attempt " in first.output
    assert "Error, attempt" not in first.output, "in our words"
    assert "ASKED by the flow claims-csat" in again.output, "a test takes no slot of a cap"
    assert "NOT ASKED, no_flow" in elsewhere.output


async def test_every_vendors_own_body_is_taken_and_asked_about(up: Up) -> None:
    for number, vendor in enumerate(VENDORS):
        source = ("--source", f"acme-{vendor}", "--vendor", vendor, "--secret", SECRET)
        source += ("--follow", "0")
        ended = await up.run("send-test-event", *source, "--to", f"+1202555011{number}")
        assert ended.exit_code == 0, ended.output
        assert "ASKED by the flow claims-csat" in ended.output, vendor


async def test_a_body_of_ones_own_is_sent_as_it_is(up: Up) -> None:
    ended = await up.run(
        "send-test-event", "--body", "-", given=event(queue="claims", ending="busy")
    )

    assert ended.exit_code == 0, ended.output
    assert "NOT ASKED, " in ended.output


async def test_what_the_platform_would_say_is_what_it_says(up: Up) -> None:
    body = event(queue="claims", our_number="+12025550191", ended_at=datetime.now(UTC).isoformat())

    said = await up.run("verify-event", "-", given=body)
    done = await up.run("send-test-event", "--body", "-", given=body)

    assert (said.exit_code, done.exit_code) == (0, 0), said.output + done.output
    assert f"the workspace as it is on {up.url}" in said.output
    verdicts = [
        [line for line in one.output.splitlines() if line.startswith(("ASKED", "  passed"))]
        for one in (said, done)
    ]
    assert verdicts[0] == verdicts[1] != []


async def test_of_several_workspaces_one_is_to_be_chosen(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("workspaces: [{id: other, name: Other}]")
    await up.run("apply", str(file))

    either = await up.run("send-test-event")
    chosen = await up.run("send-test-event", "--workspace", "other")

    assert (either.exit_code, chosen.exit_code) == (1, 0), either.output + chosen.output
    assert "--workspace: which one? There are acme, other." in either.output
    assert "NOT ASKED, no_flow" in chosen.output


async def test_what_went_wrong_is_told_with_what_to_do(up: Up) -> None:
    aircall = ("--source", "acme-aircall", "--secret")
    async with server.listen(FastAPI(), "127.0.0.1", 0) as other:
        cases: dict[str, tuple[tuple[str, ...], str | None, list[str]]] = {
            "wrong key": ((), "ac_x_y", ["401 Unknown API key", "aftercall keys create"]),
            "no reading": (
                (),
                up.writer,
                ["TAKEN", "cannot be read: 403", "events:write and read"],
            ),
            "whose": (("--workspace", "x"), None, ["workspace: there is no such workspace"]),
            "wrong secret": (
                (*aircall, "x"),
                None,
                ["401 Wrong secret", "--secret takes the value"],
            ),
            "no source": (("--source", "x"), None, ["404 Unknown source", "check --source"]),
            "refused": (("--url", "http://127.0.0.1:1"), None, ["Nobody answers", "aftercall up"]),
            "no scheme": (("--url", "localhost:8080"), None, ["begins with http://"]),
            "no host": (("--url", "http://:x"), None, ["Nobody answers"]),
            "elsewhere": (("--url", other.base_url), None, ["404", "some other server"]),
            "no number": (("--to", "911"), None, ["--to 911: not a telephone number"]),
            "no vendor": (("--vendor", "cisco"), None, ["there are aircall, freeswitch"]),
        }
        for case, (options, key, said) in cases.items():
            always = ("--url", up.url, "--key", key or up.key)
            ended = await asyncio.to_thread(aftercall, "send-test-event", *always, *options)
            assert ended.exit_code == 1, (case, ended.output)
            assert isinstance(ended.exception, SystemExit), (case, ended.exception)
            assert [text for text in said if text not in ended.output] == [], (case, ended.output)


def test_without_a_key_the_way_to_one_is_told() -> None:
    ended = aftercall("send-test-event")

    assert ended.exit_code == 2
    assert "a key is needed: --key, or AFTERCALL_KEY" in ended.output


@pytest.mark.parametrize("command", ["verify-event", "send-test-event"])
def test_the_help_is_enough_to_begin(command: str) -> None:
    shown = aftercall(command, "--help").output

    assert f"aftercall {command} " in shown
    assert "Examples:" in shown


async def test_a_call_is_found_and_told_by_commands_that_read(up: Up) -> None:
    sent = await up.run("send-test-event", "--to", "+12025550119", "--follow", "0")
    interaction = sent.output.partition("TAKEN: interaction ")[2].split()[0]
    by_id = await up.run("why", interaction)
    by_number = await _counted(up, "why", "+1 202 555 0119")
    as_json = await up.run("why", interaction, "--json")
    stranger = await up.run("why", "+12025550118")
    nothing = await up.run("why", "no-such-call")

    for told in (by_id, by_number):
        assert told.exit_code == 0, told.output
        assert "ASKED by the flow claims-csat, by sms" in told.output
        assert max(map(len, told.output.splitlines()[:3])) <= 80
    assert json.loads(as_json.output)["decision"]["interaction"]["id"] == interaction
    assert (stranger.exit_code, nothing.exit_code) == (1, 1)
    assert "no caller has that number in the last 30 days" in stranger.output
    assert "no call has that id or name" in nothing.output
    assert "5550119" not in by_id.output + as_json.output


async def _counted(up: Up, *words: str) -> Result:
    """Once analytics has the call: it counts a moment after the decision."""
    async with asyncio.timeout(90):
        while (ended := await up.run(*words)).exit_code:  # noqa: ASYNC110 - as people do
            await asyncio.sleep(0.2)
    return ended


async def test_figures_and_rows_are_printed_for_people_and_for_programs(up: Up) -> None:
    body = event(queue="claims", ending="missed", ended_at=datetime.now(UTC).isoformat())
    await up.run("send-test-event", "--body", "-", given=body)
    async with asyncio.timeout(90):
        while "c-1" not in (await up.run("calls", "--csv")).output:  # noqa: ASYNC110 - as people do
            await asyncio.sleep(0.2)

    table = await up.run("calls", "--range", "today")
    rows = await up.run("calls", "--json")
    scores = await up.run("scores", "--by", "queue")
    responses = await up.run("responses", "--csv")
    oldest = await up.run("calls", "--sort", "oldest", "--csv")
    unsorted = await up.run("responses", "--sort", "worst")

    assert "not asked: no_flow" in table.output
    assert max(map(len, table.output.splitlines())) <= 80
    assert json.loads(rows.output)["calls"][0]["call_id"] == "c-1"
    assert "Nobody has answered" in scores.output
    assert (responses.exit_code, responses.output.splitlines()[0][:5]) == (0, "ended")
    assert "c-1" in oldest.output
    assert unsorted.exit_code != 0
    assert "lowest_score" in unsorted.output + unsorted.stderr


async def test_one_document_is_read_and_removed_and_changes_show_their_values(
    up: Up, tmp_path: Path
) -> None:
    read = await up.run("get", "flow", "claims-csat")
    changed = configuration()
    changed["flows"][0] |= {"enabled": False, "minimum_talk": "30s"}
    changed["accounts"][0]["account_sid"] = "AC2"
    file = tmp_path / "changed.yaml"
    file.write_text(json.dumps(changed))
    shown = await up.run("diff", str(file))
    refused = await up.run("apply", str(file))
    agreed = await up.run("apply", str(file), "--yes")
    unagreed = await up.run("delete", "flow", "claims-csat")
    removed = await up.run("delete", "flow", "claims-csat", "--yes")
    gone = await up.run("get", "flow", "claims-csat")

    assert "id: claims-csat" in read.output
    assert "minimum_talk: (default) -> 30s" in shown.output
    assert "account_sid: AC1 -> AC2" in shown.output
    assert "the flow claims-csat is on now, and this switches it off" in shown.output
    assert (refused.exit_code, agreed.exit_code) == (1, 0), agreed.output
    assert "This changes the account nobody (account_sid)." in refused.output
    assert (unagreed.exit_code, removed.exit_code, gone.exit_code) == (1, 0, 1)
    assert "404 No such document" in gone.output
