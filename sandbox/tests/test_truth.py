"""The figures of a ledger, written by hand and written by the carrier."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import ledger
from sandbox.carrier import Carrier
from sandbox.faults import UNHARMED
from sandbox.ledger import (
    CallEnded,
    CreateRequest,
    Entry,
    Ledger,
    Reply,
    StatusChange,
    Webhook,
    only,
)
from sandbox.serving import serve
from sandbox.truth import recompute

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
OURS = "+16465550150"
NPS, CSAT, CES = "0 to 10?", "Reply 1 (not at all) to 5 (very).", "Easy? 1 to 7."


class Book:
    """Writes a ledger, a second between any two entries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=len(self.entries))

    def text(self, to: str, body: str, *, accepted: bool = True, status: str = "delivered") -> None:
        sid = f"SM{len(self.entries)}" if accepted else None
        self.entries.append(
            CreateRequest(
                at=self.now,
                account="AC1",
                to=to,
                sender=OURS,
                body=body,
                accepted=accepted,
                status=201 if accepted else 500,
                sid=sid,
            )
        )
        for step in {"delivered": ["sent", "delivered"], "failed": ["failed"]}[status]:
            if sid:
                self.entries.append(StatusChange(at=self.now, sid=sid, status=step))

    def reply(self, person: str, body: str, *, http: int | None = 204) -> None:
        sid = f"SM{len(self.entries)}"
        self.entries.append(Reply(at=self.now, sid=sid, person=person, to=OURS, body=body))
        self.entries.append(
            Webhook(
                at=self.now,
                sid=sid,
                event="received",
                url="http://x/",
                token="t",
                attempt=1,
                status=http,
            )
        )


def test_asked_sent_delivered_and_answered_are_counted() -> None:
    book = Book()
    book.text("+1a", NPS)
    book.text("+1b", NPS, status="failed")
    book.text("+1c", NPS, accepted=False)
    book.text("+1d", NPS)
    book.reply("+1a", "9")
    truth = recompute(book.entries)

    assert (truth.asked, truth.sent, truth.delivered, truth.answered) == (3, 2, 2, 1)


def test_scores_are_kept_by_the_scale_that_was_asked() -> None:
    book = Book()
    asked = [(NPS, "10"), (NPS, "*9*"), (NPS, "three"), (CSAT, "5/5"), (CSAT, "2"), (CES, "6 fine")]
    for index, (body, answer) in enumerate(asked):
        book.text(f"+1{index}", body)
        book.reply(f"+1{index}", answer)
    truth = recompute(book.entries)

    assert truth.scores == {"nps": [10, 9, 3], "csat": [5, 2], "ces": [6]}
    assert truth.nps == pytest.approx(100 / 3)
    assert (truth.csat, truth.ces) == (50, 6)


def test_the_question_asked_again_is_no_second_ask() -> None:
    book = Book()
    book.text("+1a", NPS)
    book.reply("+1a", "banana")
    book.text("+1a", f"Sorry? {NPS}")
    book.reply("+1a", "7")
    book.text("+1a", "Thank you!")
    truth = recompute(book.entries)

    assert (truth.asked, truth.scores) == (1, {"nps": [7]})


def test_a_second_call_is_a_second_ask() -> None:
    book = Book()
    for answer in ("7", "9"):
        book.text("+1a", NPS)
        book.reply("+1a", answer)
        book.reply("+1a", "and thanks")

    assert recompute(book.entries).scores == {"nps": [7, 9]}


def test_the_last_bare_number_counts_and_other_words_are_the_comment() -> None:
    book = Book()
    book.text("+1a", NPS)
    for body in ("3", "8", "2 calls it took"):
        book.reply("+1a", body)
    (ask,) = recompute(book.entries).asks

    assert (ask.score, ask.ratings, ask.comment) == (8, [3, 8], "2 calls it took")


def test_who_is_asked_again_after_a_rating_may_give_another_in_words() -> None:
    """Their texts were worked off in another order; which ones, the platform's tables tell."""
    book = Book()
    book.text("+1", CES)
    book.reply("+1", "Seven!")
    book.reply("+1", "very friendly")
    book.text("+1", "Sorry? Please reply with a number from 1 to 7.")
    again = only(book.entries, CreateRequest)[-1].sid or ""
    book.reply("+1", "6 very friendly")
    first, *_, last = only(book.entries, Reply)

    [ask] = recompute(book.entries, again=[again]).asks

    assert (ask.score, ask.rated_by) == (7, first.sid)
    assert ask.either == [(6, last.sid)]


def test_stop_ends_it_and_is_no_answer() -> None:
    book = Book()
    book.text("+1a", NPS)
    book.reply("+1a", " Stop ")
    book.reply("+1a", "9")
    truth = recompute(book.entries)

    assert (truth.opted_out, truth.answered, truth.stray) == (1, 0, 1)


def test_what_nobody_acknowledged_does_not_count_unless_asked_for() -> None:
    book = Book()
    book.text("+1a", NPS)
    book.reply("+1a", "9", http=500)

    assert recompute(book.entries).answered == 0
    assert recompute(book.entries, acknowledged_only=False).answered == 1


def test_late_replies_and_test_numbers_stay_out() -> None:
    book = Book()
    for person in ("+1a", "+1b", "+1test"):
        book.text(person, NPS)
    book.reply("+1b", "9")
    book.reply("+1test", "9")
    book.entries += [
        CallEnded(
            at=NOW,
            source="aircall",
            call_id="1",
            number="+1a",
            queue="billing",
            agent="101",
            ending="connected",
        )
    ] * 2
    truth = recompute(book.entries, open_for=timedelta(seconds=4), exclude={"+1test"})

    assert (truth.calls, truth.asked, truth.answered, truth.late) == (1, 2, 0, 1)


async def test_the_file_tells_the_same_as_memory_even_when_cut(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with serve(Carrier, accounts={"AC1": "token"}, ledger_path=path) as carrier:
        form = {"To": "+12135550101", "From": OURS, "Body": NPS}
        carrier.accept("AC1", form, fate=UNHARMED)
        await carrier.receive("+12135550101", OURS, body="9")
        await carrier.settled()
    with path.open("a") as file:
        file.write('{"entry": "Reply", "at')  # killed while writing
    with Ledger(path) as again:
        again.add(carrier.ledger.entries[0])

    assert ledger.read(path) == [*carrier.ledger.entries, *again.entries]


def test_a_dialogue_is_what_was_said_both_ways() -> None:
    book = Book()
    book.text("+1a", NPS)
    book.text("+1b", NPS)
    book.reply("+1a", "9")

    assert [said.body for said in ledger.dialogue(book.entries, "+1a")] == [NPS, "9"]
    assert {p: len(r) for p, r in ledger.accepted_per_person(book.entries).items()} == {
        "+1a": 1,
        "+1b": 1,
    }
