"""What holds for any questionnaire and anything that people reply."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.dialogue import Dialogue, Open, Reply, Said, advance
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire
from common.events.values import Metric

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
LATE = timedelta(hours=20)

BANDS = st.sets(st.sampled_from(Band)).map(lambda bands: tuple(sorted(bands)))
FOLLOWING = st.builds(lambda kind, only: (kind, only), st.sampled_from(QuestionKind), BANDS)
REPLIES = st.lists(
    st.one_of(
        st.integers(-1, 11).map(str),
        st.sampled_from(["5 great", "what?", "", "thanks", "4 or 5", "five", "no, 3"]),
        st.text(max_size=10),
    ),
    max_size=12,
)


@st.composite
def surveys(draw: st.DrawFn) -> Questionnaire:
    following = draw(st.lists(FOLLOWING, max_size=4))
    return Questionnaire(
        survey_id="any",
        survey_version=1,
        metric=Metric.NPS,
        language="en",
        brand="Acme",
        questions=(
            Question(id="score", kind=QuestionKind.RATING, text="0 to 10?", low=0, high=10),
            *(
                Question(id=f"q{i}", kind=kind, text=f"Question {i}", low=1, high=7, only=only)
                for i, (kind, only) in enumerate(following)
            ),
        ),
        max_invalid=draw(st.integers(0, 3)),
    )


@given(questionnaire=surveys(), replies=REPLIES)
def test_every_reply_keeps_the_rules(questionnaire: Questionnaire, replies: list[str]) -> None:
    state = Dialogue(opened_at=NOW, expires_at=NOW + LATE)
    ends = {question.id: (question.low, question.high) for question in questionnaire.questions}
    for text in replies:
        step = advance(questionnaire, state, Reply(text), now=NOW)

        assert len(step.outputs) <= 1
        assert step.changed == (step.state.answers != state.answers)
        assert step.changed == (step.state.revision > state.revision)
        assert not (step.changed and step.unmatched)
        assert {a.question_id for a in state.answers} <= {a.question_id for a in step.state.answers}
        for answer in step.state.answers:
            if answer.value is not None:
                low, high = ends[answer.question_id]
                assert low <= answer.value <= high
        state = step.state


@given(questionnaire=surveys(), replies=REPLIES, word=st.sampled_from(["thanks", "what?", "5"]))
def test_two_machines_do_not_talk_for_ever(
    questionnaire: Questionnaire, replies: list[str], word: str
) -> None:
    state = Dialogue(opened_at=NOW, expires_at=NOW + LATE)
    for text in replies:
        state = advance(questionnaire, state, Reply(text), now=NOW).state
    for _ in range(len(questionnaire.questions) * (questionnaire.max_invalid + 2)):
        state = advance(questionnaire, state, Reply(word), now=NOW).state

    assert advance(questionnaire, state, Reply(word), now=NOW).outputs == ()


@given(questionnaire=surveys(), replies=REPLIES, late=REPLIES)
def test_nothing_that_comes_late_changes_an_answer(
    questionnaire: Questionnaire, replies: list[str], late: list[str]
) -> None:
    state = Dialogue(opened_at=NOW, expires_at=NOW + LATE)
    for text in replies:
        state = advance(questionnaire, state, Reply(text), now=NOW).state
    said = []
    after = state
    for text in late:
        step = advance(questionnaire, after, Reply(text), now=NOW + LATE)
        said += [output.kind for output in step.outputs]
        after = step.state

    assert after.answers == state.answers
    assert said in ([], [Said.CLOSED])
    assert advance(questionnaire, after, Open(), now=NOW + LATE).outputs == ()
