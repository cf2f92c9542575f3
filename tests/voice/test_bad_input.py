"""Whatever is posted about a call: what it is answered, and that a good key counts after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from ivr_gateway.providers.plivo import PlivoVoice
from sandbox.voice.switchboard import NETWORKS
from sandbox.webhooks import Event
from sms_sender.testing import CALLER, OURS, TOKEN, sid
from tests.voice.running import CSAT, Line, call_step
from tests.voice.test_passed_on import CALL, PBX, named, queued, step_about, tell

NOBODY = "00000000-0000-0000-0000-000000000000"
AGAIN = "Sorry, that is no answer."
SILENT = "Sorry, we did not hear a key."


@dataclass(frozen=True)
class Row:
    """`said`: what the document holds; None: it is no document. `token`: who signs."""

    what: str
    told: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    said: str | None = None
    path: str = "key/{send}"
    token: str = TOKEN
    without: tuple[str, ...] = ()
    account: str = "main"


KEYS = [
    Row("a star", {"Digits": "*"}, said=AGAIN),
    Row("a hash", {"Digits": "#"}, said=AGAIN),
    Row("none", {"Digits": ""}, said=SILENT),
    Row("no field of keys", {}, said=SILENT),
    Row("fifty digits", {"Digits": "5" * 50}, said=AGAIN),
    Row("five thousand", {"Digits": "5" * 5_000}, said=AGAIN),
    Row("nothing of the scale", {"Digits": "8"}, said=AGAIN),
    Row("two keys", {"Digits": "45"}, said=AGAIN),
    Row("letters", {"Digits": "abc"}, said=AGAIN),
    Row("digits of another alphabet", {"Digits": "٨"}, said=AGAIN),
    Row("NUL", {"Digits": "\x00"}, said=AGAIN),
]


@pytest.mark.parametrize("row", KEYS, ids=lambda row: row.what)
async def test_what_is_no_answer_is_asked_again_and_a_key_counts_after_it(
    line: Line, row: Row
) -> None:
    asked = await in_progress(line)

    status, body = await post(line, asked, row, turn=1)
    assert (status, row.said in body) == (200, True)
    await post(line, asked, Row("good", {"Digits": "4"}), turn=2)

    assert (await line.responses())[-1].score == 4


ANOTHER = dict.fromkeys(("CallSid", "CallUUID", "ALegRequestUUID"), "CA" + "9" * 32)
REFUSED = [
    Row("a signature of another token", {"Digits": "5"}, 403, token="0" * 32),
    Row("an account that is not there", {"Digits": "5"}, 404, account="nobody"),
    Row("another path", {"Digits": "5"}, 404, path="dance/{send}"),
    Row("a prompt of no send", {}, 404, path="prompt"),
    Row("a send that is no id", {}, 404, path="prompt/five"),
]
TAKEN = [
    Row("a call that nobody placed", ANOTHER, said="Goodbye", path=f"prompt/{NOBODY}"),
    Row("no call", {"Digits": "5"}, said="Goodbye", without=("CallSid", "CallUUID",
        "ALegRequestUUID")),
    Row("no numbers", {"Digits": "5"}, said="Goodbye", without=("From", "To")),
    Row("numbers that are none", {"Digits": "5", "From": "me", "To": "you"}, said="Goodbye"),
    Row("a status that is no word", {"CallStatus": "dreaming"}, 204, path="status/{send}"),
    Row("a transfer that never was", {}, said="Goodbye", path=f"transfer/{NOBODY}"),
]  # fmt: skip


@pytest.mark.parametrize("row", [*REFUSED, *TAKEN], ids=lambda row: row.what)
async def test_it_changes_nothing_for_the_caller(line: Line, row: Row) -> None:
    asked = await in_progress(line)

    status, body = await post(line, asked, row, turn=1)

    if row.status == 200 and status == 204:  # Plivo and Twilio are told that there is nothing
        assert row.said == "Goodbye"
    else:
        assert (status, (row.said or "") in body) == (row.status, True)
    assert await line.responses() == []
    await post(line, asked, Row("good", {"Digits": "3"}), turn=2)
    assert [one.score for one in await line.responses()] == [3]


@pytest.mark.parametrize("turn", ["", "-1", "x", "9" * 400, "1.5"])
async def test_a_turn_that_is_none_is_the_first(line: Line, turn: str) -> None:
    asked = await in_progress(line)

    status, body = await post(line, asked, Row("odd turn", {"Digits": "2"}), turn=turn)

    assert (status, "Goodbye" in body) == (200, True)
    assert [one.score for one in await line.responses()] == [2]


HEADERS = [
    Row("nothing", {"header": ""}),
    Row("no source", {"header": f" {CALL}"}),
    Row("no call", {"header": f"{PBX} "}),
    Row("spaces", {"header": "   "}),
    Row("a slash between them", {"header": f"{PBX}/{CALL}"}),
    Row("another source", {"header": f"other {CALL}"}),
    Row("a call that is not known", {"header": f"{PBX} 0"}),
    Row("an id of ours", {"header": str(step_about(CALL).interaction_id)}),
    Row("a long source", {"header": f"{'p' * 201} {CALL}"}),
    Row("a long call", {"header": f"{PBX} {'1' * 201}"}),
    Row("fifty thousand characters", {"header": f"{PBX} {'1' * 50_000}"}),
    Row("NUL", {"header": f"{PBX} {CALL}\x00"}),
    Row("another alphabet", {"header": f"{PBX} ☎٨"}),
    Row("escapes that are none", {"header": f"{PBX} %ZZ2%FFZFF"}),
    Row("a query", {"header": f"{PBX} 1?contact={NOBODY}&about=x"}),
    Row("another token signs", {"header": f"{PBX} {CALL}"}, 403, token="0" * 32),
]


@pytest.mark.parametrize("row", HEADERS, ids=lambda row: row.what)
async def test_a_header_that_names_nothing_asks_nothing_and_a_good_one_counts_after_it(
    waiting: Line, row: Row
) -> None:
    asked = step_about(CALL)
    await queued(waiting, asked)

    status, body = await ring(waiting, row, call="CA1")
    assert (status, "Redirect" in body) == (row.status, row.status == 200)
    assert (await waiting.row(asked.id))["state"] == "queued"
    status, body = await ring(waiting, Row("good", {"header": f"{PBX} {CALL}"}), call="CA2")

    assert (status, "How was your call?" in body) == (200, True)
    assert (await waiting.row(asked.id))["state"] == "claimed"


async def ring(line: Line, row: Row, *, call: str) -> tuple[int | None, str]:
    """A switch passes somebody on whose number it does not show."""
    answer = await tell(line, named(line, row.told["header"]), call=call, token=row.token)
    return answer.status, answer.body.decode()


async def in_progress(line: Line) -> Any:
    """Somebody has picked up, heard the question, and hung up at the first key."""
    return await line.call(call_step(questionnaire=CSAT), hangs_up_at=0)


async def post(line: Line, asked: Any, row: Row, *, turn: object) -> tuple[int, str]:
    """As the network would, with whatever the row says."""
    call = (await line.row(asked.id))["provider_message_id"]
    base = f"{line.runtime.settings.public_url}/v1/ivr/callbacks/{row.account}"
    url = f"{base}/{row.path.format(send=asked.id)}"
    form = {"CallStatus": "in-progress", "From": OURS, "To": CALLER}
    if line.network == "twilio":
        url += f"?turn={turn}"
        form |= {"AccountSid": sid(), "CallSid": call, "Direction": "outbound-api"}
    else:
        url += f"?{PlivoVoice().carried({'turn': str(turn)})}"
        form |= {"CallUUID": call, "ALegRequestUUID": call, "Direction": "outbound"}
    form = {name: told for name, told in (form | dict(row.told)).items() if name not in row.without}
    event = Event(sid=call, name="bad", url=url, auth_token=row.token, form=form)
    headers = {**NETWORKS[line.network].signed(event)}
    answer = await line.runtime.http.post(url, data=form, headers=headers)
    await line.idle()
    return answer.status_code, answer.text
