"""Links in closing words: they are known, and reviews are offered to everybody alike."""

from copy import deepcopy
from typing import Any

import pytest

from common.errors import BadInput
from orchestrator.domain.configuring import links
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.testing import LINE, documents

LINKS = {
    "google": {"url": "https://g.page/r/acme/review", "kind": "review"},
    "play": {"url": "https://play.example/acme", "kind": "review"},
    "form": {"url": "https://acme.example/grievance", "kind": "form"},
}
G, P, F = "{link_google}", "{link_play}", "{link_form}"
ALIKE = {"low": f"Sorry. {F} {G}", "middle": f"Thanks. {G}", "high": f"Great! {G}"}


def linked(texts: Any, *, number: Any = None, **survey: Any) -> dict[str, Any]:
    """The documents of the tests with these links and closing words in English."""
    body: Any = deepcopy(documents())
    body["workspaces"][0]["links"] = LINKS
    body["surveys"][0] |= {"texts": {"en": texts}, **survey}
    body["numbers"][0] |= number or {}
    return body  # type: ignore[no-any-return]


def problems(body: Any) -> dict[str, str]:
    try:
        written = read(body)
    except BadInput as bad:
        return {error.field: error.message for error in bad.errors}
    found = review("acme", written.bodies, places=written.places, elsewhere=Elsewhere())
    return {error.field: error.message for error in found}


@pytest.mark.parametrize(
    "texts",
    [
        {"thanks": ALIKE},
        {"thank_you": f"Thank you. {G} {P}"},
        {"thanks": {"low": f"Sorry. {F} {G}"}, "thank_you": f"Thanks. {G}"},
        {"thanks": {"low": f"Sorry. {F}"}},  # no review at all
        {"thanks": ALIKE, "thanks_on": {"whatsapp": {"high": f"👏 {G}"}}},
        {"thanks": {"low": "Sorry."}, "thanks_on": {"sms": ALIKE}},
    ],
)
def test_words_that_tell_everybody_of_a_review_are_taken(texts: Any) -> None:
    assert problems(linked(texts)) == {}


@pytest.mark.parametrize(
    ("texts", "field", "told"),
    [
        ({"thanks": {"high": G}}, "thanks", "told to high only"),
        ({"thanks": {"middle": G, "high": G}}, "thanks", "told to middle and high only"),
        ({"thanks": ALIKE | {"low": F}}, "thanks", "{link_google}"),
        ({"thanks": ALIKE | {"high": f"{G} {P}"}}, "thanks", "{link_google}, {link_play}"),
        ({"thanks": {"low": "Sorry."}, "thank_you": G}, "thanks", "told to middle and high only"),
        (
            {"thanks": ALIKE, "thanks_on": {"whatsapp": {"low": "Sorry."}}},
            "thanks_on.whatsapp",
            "told to middle and high only",
        ),
    ],
)
def test_a_review_that_the_score_decides_about_is_refused(
    texts: Any, field: str, told: str
) -> None:
    found = problems(linked(texts))

    assert list(found) == [f"surveys.0.texts.en.{field}"]
    assert told in found[f"surveys.0.texts.en.{field}"]
    assert "gated_reviews" in found[f"surveys.0.texts.en.{field}"]
    assert problems(linked(texts, gated_reviews=True)) == {}


def test_the_words_of_a_number_may_not_decide_about_it_either() -> None:
    own = {"texts": {"en": {"thanks": {"low": "The branch is sorry."}}}}

    found = problems(linked({"thanks": ALIKE}, number=own))

    assert list(found) == ["numbers.0.texts.en.thanks"]
    assert "of the survey csat" in found["numbers.0.texts.en.thanks"]
    assert problems(linked({"thanks": ALIKE}, number=own, gated_reviews=True)) == {}
    same = {"texts": {"en": {"thanks": {"low": f"The branch is sorry. {G}"}}}}
    assert problems(linked({"thanks": ALIKE}, number=same)) == {}


def test_a_review_of_a_number_alone_is_one_too() -> None:
    page = {"links": {"branch": {"url": "https://g.page/r/1", "kind": "review"}}}
    words = {"en": {"thanks": {"high": "Great! {link_branch}"}}}

    found = problems(linked({}, number=page | {"texts": words}))

    assert list(found) == ["numbers.0.texts.en.thanks"]


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"thanks": {"low": "{link_nowhere}"}}, "thanks.low"),
        ({"thank_you": "{link_nowhere}"}, "thank_you"),
        ({"invalid": f"No. {F}"}, "invalid"),
        ({"closed": F}, "closed"),
        ({"thanks_on": {"sms": {"low": "{link_nowhere}"}}}, "thanks_on.sms.low"),
        ({"thanks_on": {"sms": {"best": "x"}}}, "thanks_on.sms.best"),
        ({"thanks_on": {"ivr": {"low": "x"}}}, "thanks_on.ivr"),
        ({"thanks_on": {"pigeon": {"low": "x"}}}, "thanks_on.pigeon"),
        ({"thanks_on": {"sms": "x"}}, "thanks_on.sms"),
        ({"thanks_on": "x"}, "thanks_on"),
        ({"thanks_on": {"sms": {"low": "x" * 1001}}}, "thanks_on.sms.low"),
    ],
)
def test_only_closing_words_name_links_and_only_known_ones(texts: Any, field: str) -> None:
    assert f"surveys.0.texts.en.{field}" in problems(linked(texts))


def test_on_the_telephone_no_link_is_said() -> None:
    voice = {"en": {"texts": {"thanks": {"high": f"Great! {F}"}}}}

    assert "surveys.0.voice.en.texts.thanks.high" in problems(linked({}, voice=voice))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.com/",
        "//example.com/",
        "example.com",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://example.com/ space",
        "https://example.com/\r\nx: y",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://[::1/",
        f"https://example.com/{'x' * 500}",
    ],
)
def test_a_link_leads_to_a_web_page(url: str) -> None:
    body = linked({})
    body["workspaces"][0]["links"] = {"page": {"url": url, "kind": "page"}}

    assert "workspaces.0.links.page.url" in problems(body)


@pytest.mark.parametrize("name", ["", "Google", "a-b", "1st", "a" * 32, "é"])
def test_a_link_has_a_name_that_texts_can_say(name: str) -> None:
    body = linked({})
    body["workspaces"][0]["links"] = {name: LINKS["form"]}

    assert len(problems(body)) == 1


async def test_a_link_stays_as_long_as_words_name_it(empty: Any) -> None:
    await empty.configuring.apply("acme", linked({"thanks": ALIKE}), by="ann")
    without = documents()["workspaces"][0]

    with pytest.raises(BadInput) as refused:
        await empty.configuring.apply("acme", {"workspaces": [without]}, by="ann")
    await empty.configuring.apply("acme", documents(), by="ann")  # and the words go, too

    assert {(error.field, error.message) for error in refused.value.errors} == {
        ("workspaces.0.links", f"{link} is in the words of the survey csat") for link in (F, G)
    }


async def test_gated_reviews_are_warned_about(empty: Any) -> None:
    gated = linked({"thanks": {"high": G}}, gated_reviews=True)

    applied = await empty.configuring.apply("acme", gated, by="ann")
    plain = await empty.configuring.apply("acme", linked({"thanks": ALIKE}), by="ann")

    [warning] = [w for w in applied.warnings if w.field == "surveys.0.gated_reviews"]
    assert "Google and others forbid that" in warning.message
    assert [w.field for w in plain.warnings if "reviews" in w.field] == []


async def test_a_link_that_becomes_a_review_is_checked_in_the_words_there_are(empty: Any) -> None:
    body = linked({"thanks": {"high": F}})
    await empty.configuring.apply("acme", body, by="ann")
    body["workspaces"][0]["links"] = LINKS | {"form": LINKS["form"] | {"kind": "review"}}

    with pytest.raises(BadInput) as refused:
        await empty.configuring.apply("acme", {"workspaces": body["workspaces"]}, by="ann")

    assert [e.field for e in refused.value.errors] == ["surveys.csat.texts.en.thanks"]


def test_numbers_with_words_of_their_own_are_looked_at_within_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "MOST_LOOKED", 1)
    body = linked({"thanks": ALIKE})
    own = {"en": {"thank_you": "Thanks."}}
    body["numbers"] = [{"number": f"+1202555018{n}", "texts": own} for n in range(2)]

    assert problems(body) == {"numbers": links.TOO_MANY}
    body["numbers"].pop()
    assert problems(body) == {}


def test_a_link_is_checked_with_what_changes_alone() -> None:
    """Somebody else's uneven words, written by another version, stand in nobody's way."""
    written = read(linked({"thanks": {"high": G}}))
    places = {("number", LINE): "numbers.0"}

    found = review("acme", written.bodies, places=places, elsewhere=Elsewhere())

    assert [error.field for error in found] == []
