"""People with habits answer what they are asked, and mean what the ledger says."""

import httpx
import pytest

from sandbox import ledger
from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.personas import FORMS, NONSENSE, REMARKS, Habit, persona_of
from sandbox.reading import WORDS, Scale, is_bare, rating_in, scale_in
from sandbox.receiver import Receiver

OURS = "+12025550190"
PERSON = "+12135550101"
ASK = "Acme: how likely are you to recommend us? Reply 0 (not at all) to 10 (surely)."
AGAIN = "Sorry, we did not understand. Please reply with a number from 0 to 10."


async def ask(api: httpx.AsyncClient, carrier: Carrier, body: str = ASK) -> None:
    answer = await api.post("/Messages.json", data={"To": PERSON, "From": OURS, "Body": body})
    assert answer.status_code == 201
    await carrier.settled()


def someone(carrier: Carrier, habit: Habit) -> Callers:
    return Callers(carrier, seed=5, fixed={PERSON: habit}, delays=(0, 0), late_after=0)


def written(carrier: Carrier) -> list[ledger.Reply]:
    return ledger.only(carrier.ledger, ledger.Reply)


@pytest.mark.parametrize(
    ("habit", "parts"),
    [
        (Habit.ANSWERS, ["score"]),
        (Habit.COMMENTS, ["score"]),
        (Habit.IGNORES, []),
        (Habit.NONSENSE_FIRST, ["nonsense"]),
        (Habit.NONSENSE_ONLY, ["nonsense"]),
        (Habit.CORRECTS, ["score", "correction"]),
        (Habit.STOPS, ["stop"]),
        (Habit.STOPS_LATER, ["score", "stop"]),
        (Habit.LATE, ["score"]),
        (Habit.QUICK, ["score", "comment"]),
        (Habit.TWICE, ["score", "score"]),
    ],
)
async def test_each_habit_writes_its_own_way(
    api: httpx.AsyncClient, carrier: Carrier, platform: Receiver, habit: Habit, parts: list[str]
) -> None:
    someone(carrier, habit)
    await ask(api, carrier)

    replies = written(carrier)
    assert [reply.part for reply in replies] == parts
    assert [text["Body"] for text in platform.texts] == [reply.body for reply in replies]
    for reply in replies:
        assert rating_in(reply.body, Scale(0, 10)) == reply.meant


async def test_who_wrote_nonsense_answers_when_asked_again(
    api: httpx.AsyncClient, carrier: Carrier
) -> None:
    someone(carrier, Habit.NONSENSE_FIRST)
    await ask(api, carrier)
    await ask(api, carrier, AGAIN)
    await ask(api, carrier, "Thank you for your answer.")

    assert [reply.part for reply in written(carrier)] == ["nonsense", "score"]


async def test_a_comment_is_written_once_and_only_when_asked_for(
    api: httpx.AsyncClient, carrier: Carrier
) -> None:
    someone(carrier, Habit.COMMENTS)
    await ask(api, carrier)
    for _ in range(2):
        await ask(api, carrier, "Thank you! What is the main reason for your score?")

    assert [reply.part for reply in written(carrier)] == ["score", "comment"]


async def test_the_next_ask_is_answered_anew(api: httpx.AsyncClient, carrier: Carrier) -> None:
    callers = someone(carrier, Habit.ANSWERS)
    for quality in (0.02, 0.98):
        callers.had_call(PERSON, quality)
        await ask(api, carrier)

    bad, good = (reply.meant for reply in written(carrier))
    assert bad is not None
    assert good is not None
    assert bad < good


async def test_given_weights_decide_instead_of_the_call(
    api: httpx.AsyncClient, carrier: Carrier
) -> None:
    weights = {"nps": [0] * 3 + [1] + [0] * 7}
    Callers(carrier, fixed={PERSON: Habit.ANSWERS}, delays=(0, 0), scores=weights)
    await ask(api, carrier)

    assert [reply.meant for reply in written(carrier)] == [3]


def test_a_persona_is_the_same_for_the_same_seed() -> None:
    numbers = [f"+1213555{n:04}" for n in range(500)]
    first = [persona_of(number, 1).habit for number in numbers]

    assert first == [persona_of(number, 1).habit for number in numbers]
    assert first != [persona_of(number, 2).habit for number in numbers]
    assert set(first) == set(Habit)


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        (ASK, Scale(0, 10)),
        (AGAIN, Scale(0, 10)),
        ("Rate us 1-5", Scale(1, 5)),
        ("Reply 1 (strongly disagree) to 7 (strongly agree).", Scale(1, 7)),
        ("1 = very hard, 7 = very easy", Scale(1, 7)),
        ("Responda de 1 (nada) a 5 (mucho).", Scale(1, 5)),
        ("Thank you, we changed your rating to 5.", None),
        ("Your call at 10:14 on 1 May. Thanks!", None),
        ("Reply STOP to opt out.", None),
    ],
)
def test_the_scale_is_read_from_the_text(text: str, scale: Scale | None) -> None:
    assert scale_in(text) == scale


@pytest.mark.parametrize(
    ("text", "rating"),
    [("5", 5), ("*4*", 4), (" five! ", 5), ("3/5", 3), ("3/10", None), ("6", None), ("50", None)]
    + [("5 out of 5", 5), ("4.5", None), ("5th time", None), ("I waited 5 hours", None), ("", None)]
    + [(text, None) for text in NONSENSE],
)
def test_a_rating_is_what_opens_a_text(text: str, rating: int | None) -> None:
    assert rating_in(text, Scale(1, 5)) == rating


def test_every_way_of_writing_a_rating_is_read_as_meant() -> None:
    scale = Scale(0, 10)
    for score in range(11):
        for form in FORMS:
            word = WORDS[score]
            remark = REMARKS["low"][0]
            text = form.format(n=score, high=10, word=word, Word=word.title(), remark=remark)
            assert rating_in(text, scale) == score
            assert is_bare(text, scale) == (remark not in text)
