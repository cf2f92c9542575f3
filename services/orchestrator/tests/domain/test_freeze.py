"""A questionnaire speaks the contact's language with the texts of the number they called."""

import pytest

from common.config import Number, Question, Workspace
from common.config.freezing import freeze
from common.events.calls import Leg
from common.events.questionnaire import Band, QuestionKind, Texts
from orchestrator.domain.freeze import encoded, variables
from orchestrator.testing import LINE, call, survey

ACME = Workspace(id="acme", name="Acme")


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("es", "es"), ("es-MX", "es"), ("fr", "en"), (None, "en"), ("en", "en")],
)
def test_the_language_is_the_contact_s_or_the_workspace_s(language: str, spoken: str) -> None:
    assert freeze(survey(), workspace=ACME, language=language, number=None).language == spoken


def test_a_survey_that_speaks_neither_language_speaks_its_first() -> None:
    only = Question(id="score", kind=QuestionKind.RATING, scale=(0, 10), text={"hi": "..."})

    frozen = freeze(survey(questions=(only,)), workspace=ACME, language="fr", number=None)

    assert (frozen.language, frozen.questions[0].text) == ("hi", "...")


def test_the_number_s_texts_stand_over_the_survey_s_and_those_over_the_defaults() -> None:
    the_survey = survey(texts={"en": {"invalid": "survey", "thanks": {"low": "l", "high": "h"}}})
    line = Number(number=LINE, texts={"en": {"gave_up": "line", "thanks": {"high": "line"}}})

    texts = freeze(the_survey, workspace=ACME, language=None, number=line).texts

    assert (texts.invalid, texts.gave_up, texts.help) == ("survey", "line", Texts().help)
    assert texts.thanks == {Band.LOW: "l", Band.HIGH: "line"}


def test_the_workspace_s_texts_stand_under_the_survey_s() -> None:
    usual = {"en": {"invalid": "usual", "help": "usual", "thanks": {"low": "u", "middle": "u"}}}
    workspace = Workspace(id="acme", name="Acme", texts=usual)
    the_survey = survey(texts={"en": {"invalid": "survey", "thanks": {"low": "s"}}})
    line = Number(number=LINE, texts={"en": {"help": "line"}})

    texts = freeze(the_survey, workspace=workspace, language="en-GB", number=line).texts

    assert (texts.invalid, texts.help, texts.closed) == ("survey", "line", Texts().closed)
    assert texts.thanks == {Band.LOW: "s", Band.MIDDLE: "u"}
    assert freeze(survey(), workspace=workspace, language="es", number=None).texts == Texts()


def test_a_number_asks_in_words_of_its_own() -> None:
    line = Number(
        number=LINE, questions={"score": {"en": "The dentist: 1 to 5?"}, "no": {"en": "x"}}
    )

    asked = freeze(survey(), workspace=ACME, language="en", number=line).questions[0]
    elsewhere = freeze(survey(), workspace=ACME, language="es", number=line).questions[0]

    assert (asked.text, asked.low, asked.high) == ("The dentist: 1 to 5?", 1, 5)
    assert elsewhere.text == "{brand}: de 1 a 5"


def test_equal_questionnaires_are_stored_once() -> None:
    one = encoded(freeze(survey(), workspace=ACME, language="en", number=None))
    same = encoded(freeze(survey(), workspace=ACME, language="en-GB", number=None))
    other = encoded(freeze(survey(version=2), workspace=ACME, language="en", number=None))

    assert one == same
    assert one.id != other.id


def test_variables_come_from_the_last_agent() -> None:
    legs = (Leg(agent_name="Ana"), Leg(agent_name="Ben"), Leg())

    found = variables(call(legs=legs, customer_name="Zoë"), "Acme")

    assert found == {"brand": "Acme", "name": "Zoë", "agent": "Ben", "queue": "billing"}


@pytest.mark.parametrize(
    "told",
    [
        "Win at evil.example/x",
        "https://e.co",
        "www.evil.io",
        "you won! call 09001234567",
        "write to a@b.example",
        "A" * 41,
        "<b>Noor</b>",
    ],
)
def test_a_callers_name_brings_no_link_into_a_text(told: str) -> None:
    assert variables(call(customer_name=told), "Acme")["name"] == ""


@pytest.mark.parametrize("told", ["Zoë", "Dr. Noor al-Said", "J.R. Smith 3rd", "O'Brien, Máire"])
def test_a_callers_name_stays_as_it_is(told: str) -> None:
    assert variables(call(customer_name=told), "Acme")["name"] == told
