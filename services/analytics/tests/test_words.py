"""Words in what people wrote: who finds which, and what nobody finds who may not read it."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.service import Intake, reports
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api
from common.events.responses import Answer
from common.process.sight import Sight


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("late", {"late", "both"}),
        ("LATE nobody", {"both"}),
        ("lat", {"late", "both"}),  # a word may be begun
        ("olate", set()),  # but not entered in its middle
        ("straße", {"german"}),
        ("STRASSE", {"german"}),
        ("cafe\u0301", {"french"}),  # one accent, however it is written
        ("ждать", {"russian"}),
        ("遅い", {"japanese"}),  # no spaces say where a word begins
        ("%", None),
        ("a b c d e f g h i j k", None),
    ],
)
async def test_words_are_found_where_a_word_begins_with_them(
    api: Api, intake: Intake, text: str, found: set[str] | None
) -> None:
    await wrote(
        intake,
        late="Too late, again",
        both="Late, and nobody called",
        sweet="Chocolate",
        german="Die STRASSE war gesperrt",
        french="Caf\u00e9 closed",
        russian="Долго ждать",
        japanese="対応が遅いです",
        silent=None,
    )

    answer = await api.ask("responses", text=text)

    if found is None:
        assert [one["field"] for one in answer.json()["errors"]] == ["query.text"]
    else:
        assert {row["call_id"] for row in answer.json()["responses"]} == found


async def wrote(intake: Intake, **comments: str | None) -> None:
    """Calls by name, an hour one before the other, and what their callers wrote."""
    for number, name in enumerate(comments):
        await intake.on_decisions(told(decision(name, ended_at=NOW - timedelta(hours=number))))
    await intake.on_responses(
        told(*(response(name, 2, comment=comment) for name, comment in comments.items()))
    )


async def test_answers_in_words_are_searched_with_the_comment(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1")))
    why = Answer(question_id="why", kind="text", text="The queue", answered_at=NOW)
    await intake.on_responses(told(response("c1", 1, comment="Endless", more=(why,))))

    assert len((await api.get("responses", text="endless queue"))["responses"]) == 1


async def test_who_is_not_shown_a_number_does_not_find_it_digit_by_digit(
    api: Api, intake: Intake
) -> None:
    await wrote(intake, number="Call me at +1 202 555 0101, it is urgent")
    own = api.person(Sight(teams=("north",)))

    for text in ("2", "202", "202 555 0101", "555"):
        assert (await api.get("responses", key=own, text=text))["responses"] == []
        file = await api.ask("export/responses", key=own, text=text)
        assert len(file.text.splitlines()) == 1
        since: dict[str, Any] = {"updated_since": "2020-01-01T00:00:00Z"}
        assert (await api.get("responses", key=own, text=text, **since))["responses"] == []
    assert len((await api.get("responses", key=own, text="urgent"))["responses"]) == 1
    assert len((await api.get("responses", key="admin", text="202"))["responses"]) == 1


async def test_words_of_calls_of_others_are_not_found(api: Api, intake: Intake) -> None:
    await wrote(intake, theirs="Too late")

    found = await api.get("responses", key=api.person(Sight(teams=("south",))), text="late")

    assert found["responses"] == []


@pytest.mark.parametrize("sort", ["newest", "oldest", "lowest_score"])
async def test_a_page_looks_through_so_many_answers_and_the_next_goes_on(
    api: Api, intake: Intake, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(reports, "MOST_LOOKED_AT", 4)
    monkeypatch.setattr(reports, "LOOKED_AT_ONCE", 2)
    wanted = [f"c{number}" for number in range(15) if number % 4 == 3]
    await wrote(intake, **{f"c{n}": "late" if f"c{n}" in wanted else "fine" for n in range(15)})

    seen: list[str] = []
    pages, cursor = 0, {}
    while True:
        body = await api.get("responses", text="late", limit=2, sort=sort, **cursor)
        seen += [row["call_id"] for row in body["responses"]]
        pages += 1
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}

    assert sorted(seen) == sorted(wanted)
    assert pages > 3


async def test_a_file_has_all_answers_with_the_words(
    api: Api, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(reports, "LOOKED_AT_ONCE", 2)
    await wrote(intake, **{f"c{n}": "late" if n % 3 == 0 else "fine" for n in range(10)})

    file = await api.ask("export/responses", text="late")

    assert len(file.text.splitlines()) == 1 + 4


async def test_figures_and_calls_have_no_search(api: Api) -> None:
    for path in ("calls", "scores", "export/calls"):
        answer = await api.ask(path, text="late")
        assert [one["field"] for one in answer.json()["errors"]] == ["query.text"]
