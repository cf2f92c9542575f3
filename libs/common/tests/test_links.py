"""Closing words by channel, and whose links are told."""

from common.config import Number, Survey, Workspace, WorkspaceConfig
from common.config.documents import parse_document
from common.config.freezing import freeze
from common.config.links import Link, LinkKind
from common.dialogue import on_channel
from common.events.questionnaire import Band
from common.events.values import Channel
from common.render import variables_of

NUMBER = "+12025550190"
SURVEY = {
    "id": "csat",
    "metric": "csat",
    "questions": [{"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "1 to 5?"}}],
    "texts": {
        "en": {
            "thanks": {"low": "low", "high": "high"},
            "thanks_on": {"whatsapp": {"low": "low there", "high": "high there"}},
        }
    },
}


def test_a_channel_closes_in_its_own_words_where_it_has_some() -> None:
    survey: Survey = parse_document("survey", SURVEY)
    own = {"thanks_on": {"whatsapp": {"high": "the branch"}, "sms": {"low": "branch, low"}}}
    number = Number(number=NUMBER, texts={"en": own})

    frozen = freeze(survey, workspace=Workspace(id="a", name="A"), language="en", number=number)

    assert on_channel(frozen, Channel.WHATSAPP).texts.thanks == {
        Band.LOW: "low there",
        Band.HIGH: "the branch",
    }
    assert on_channel(frozen, Channel.SMS).texts.thanks == {
        Band.LOW: "branch, low",
        Band.HIGH: "high",
    }
    assert on_channel(frozen, Channel.IVR) == frozen


def test_a_number_has_its_own_links_over_those_of_the_workspace() -> None:
    ours, theirs = (Link(url=f"https://{n}.example", kind=LinkKind.REVIEW) for n in ("us", "them"))
    config = WorkspaceConfig(
        workspace=Workspace(id="a", name="A", links={"google": ours, "form": ours}),
        numbers={NUMBER: Number(number=NUMBER, links={"google": theirs})},
    )

    assert config.links_of(NUMBER) == {"google": theirs, "form": ours}
    assert (
        config.links_of("+12025550111") == config.links_of(None) == {"google": ours, "form": ours}
    )


def test_the_variables_of_a_text_are_found() -> None:
    assert variables_of("{a} and {b_1}, {a}; {1} {} {c d}") == {"a", "b_1"}
