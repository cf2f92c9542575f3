"""What pages show, to whom; and that a page, the API and a file tell the same numbers."""

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from analytics.service import Packing
from analytics.testing import NOW, decision, interaction_of, response, told
from common.events.decisions import Finding, Reason
from common.events.questionnaire import QuestionKind
from common.events.responses import Answer
from common.events.values import Channel
from console.domain.people import Role
from console.service.apis import SERVICES
from orchestrator.testing import documents
from tests.console.seen import AGENTS, some_weeks

FILTERS: dict[str, Sequence[str]] = {
    "range": ("7d", "28d", "91d", "this_month", "last_month"),
    "queue": ("billing", "sales", ""),
    "agent": ("a0", "a1", "a2", "nobody"),
    "team": ("team 0", "team 1"),
    "channel": ("sms", "web", ""),
    "number": ("+12025550190", "+12025550191"),
    "metric": ("nps", "csat", "ces"),
    "survey": ("csat", "nps"),
    "credit": ("last", "first", "longest"),
    "direction": ("inbound", "outbound"),
    "language": ("en", "hi"),
    "state": ("finished", "in_progress"),
    "flow": ("after-call", "other"),
    "score": ("5", "1", "10"),
}
MANY = FILTERS.keys() - {"range", "credit"}
PARTS, ROUNDS = 6, 50  # random filters; each is four requests
RATES = ("response_rate_delivered", "response_rate_sent", "do_not_survey_rate")
Pairs = list[tuple[str, str]]


def some_filters(seed: int) -> Iterator[Pairs]:
    chosen = random.Random(seed)
    for _ in range(ROUNDS):
        pairs: Pairs = []
        for name in chosen.sample(sorted(FILTERS), chosen.randint(0, 4)):
            most = 2 if name in MANY else 1
            values = chosen.sample(FILTERS[name], chosen.randint(1, most))
            pairs += [(name, value) for value in values]
        yield pairs


def _numbers(body: Any) -> dict[str, str]:
    """Of an answer of `/v1/scores?per=metric`, by the names that the page has."""
    found = {}
    for score in body["scores"]:
        for name in ("value", "low", "high", "n"):
            if score[name] is not None:
                found[f"{score['metric']}.{name}"] = repr(score[name])
    funnel = body["funnel"]
    for name in ("calls", "asked", "sent", "delivered", "answered", "finished"):
        found[f"funnel.{name}"] = repr(funnel[name])
    found |= {f"not_asked.{reason}": repr(n) for reason, n in funnel["not_asked"].items()}
    for name in ("delivered", "sent"):
        rate = funnel[f"response_rate_{name}"]["value"]
        if rate is not None:
            found[f"rate.{name}"] = repr(rate)
    return found


def _of_page(page: Any) -> dict[str, str]:
    shown = {n: v for n, v in page.numbers.items() if n != "funnel.failed"}
    return {n: v for n, v in shown.items() if n.partition(".")[0] != "change"}


@pytest.mark.parametrize("part", range(PARTS))
async def test_page_api_and_files_tell_the_same_numbers_whatever_the_filter(
    site: Any, part: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    await some_weeks(site.intake)
    await site.sign_in()
    for pairs in some_filters(seed):
        page = await site.page_of("/console", pairs)
        asked = [*pairs, ("per", "metric")]
        answer = await site.http.get("/v1/scores", params=asked, headers=site.key())
        assert answer.status_code == 200, (seed, pairs, answer.text)
        told = await site.http.get("/v1/resolution", params=pairs, headers=site.key())
        resolution = _resolution(told.json()["resolution"])
        assert _of_page(page) == _numbers(answer.json()) | resolution, (seed, pairs)

        rows = await _file(site, page, "scores")
        assert [
            (row["metric"], row["n"], row["value"]) for row in rows if row["group"] == "(total)"
        ] == [
            (one["metric"], repr(one["n"]), "" if one["value"] is None else repr(one["value"]))
            for one in answer.json()["scores"]
        ], (seed, pairs)
        (counts,) = await _file(site, page, "funnel")
        assert _counts(counts) == _counts_of(answer.json()["funnel"]), (seed, pairs)


def _resolution(body: Any) -> dict[str, str]:
    shown = ("value", "low", "high", "n", "pending", "unknown_callers")
    return {f"resolution.{name}": repr(body[name]) for name in shown if body[name] is not None}


COUNTS = ("calls", "asked", "sent", "delivered", "answered", "finished")


def _counts(row: Mapping[str, str]) -> dict[str, str]:
    """Of a line of a file of funnels, with its rates."""
    return {name: row[name] for name in (*COUNTS, *RATES)}


def _counts_of(funnel: Any) -> dict[str, str]:
    rates = {name: funnel[name]["value"] for name in RATES}
    shown = {name: "" if value is None else repr(value) for name, value in rates.items()}
    return {name: repr(funnel[name]) for name in COUNTS} | shown


ALSO = [("range", "91d"), ("survey", "csat"), ("state", "finished"), ("compare", "year"),
        ("by", "team")]  # fmt: skip
RATED = [("score", "1"), ("score", "5")]


async def test_a_line_per_group_ends_where_the_file_says(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    query = [("range", "91d"), ("period", "week"), ("by", "queue")]

    trends = await site.page_of("/console/trends", query)

    points = [row for row in await _file(site, trends, "trend") if row["value"]]
    last = {
        f"{row['metric']}.{row['group']}.last": row["value"]
        for row in points
        if row["group"] != "(total)"
    }
    assert len(last) > 1
    assert last.items() <= trends.numbers.items()
    assert "By queue, those with the most answers first" in trends.text


@pytest.mark.parametrize("query", [[("range", "91d")], ALSO], ids=["plain", "with all there is"])
async def test_a_file_of_a_page_has_what_the_page_shows(site: Any, query: Pairs) -> None:
    await some_weeks(site.intake)
    await Packing(site.runtime.db, site.runtime.config, lambda: NOW).round()
    await site.sign_in()
    overview = await site.page_of("/console", query)
    assert {
        (row["metric"], row["value"]) for row in await _file(site, overview, "scores")
    } == _values(overview)
    (funnel,) = await _file(site, overview, "funnel")
    assert funnel["calls"] == overview.numbers["funnel.calls"]
    (resolution,) = await _file(site, overview, "resolution")
    assert int(resolution["n"]) > 0
    for name in ("value", "low", "high", "n", "pending", "unknown_callers"):
        assert resolution[name] == overview.numbers[f"resolution.{name}"]

    trends = await site.page_of("/console/trends", [*query, ("period", "week")])
    points = await _file(site, trends, "trend")
    assert {
        f"{row['metric']}.{row['label']}": row["value"]
        for row in points
        if row["value"] and row.get("group", "(total)") == "(total)"
    } == {
        name: value for name, value in trends.numbers.items() if not name.endswith((".n", ".last"))
    }

    groups = await site.page_of("/console/groups", query)
    lines = await _file(site, groups, "scores")
    assert {f"{row['metric']}.{row['group']}" for row in lines if row["group"] != "(total)"} == {
        name for name in groups.numbers if name.count(".") == 1
    }


async def test_of_very_many_groups_the_first_are_shown_in_the_order_that_is_wanted(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.endpoints.pages.MOST_ROWS", 2)
    await some_weeks(site.intake)
    await site.sign_in()

    shown = {}
    for order in ("highest", "lowest", "largest"):
        page = await site.page("/console/groups", by="agent", range="91d", sort=order)
        assert "The first 2 of" in page.text
        shown[order] = [name for name in page.numbers if name.count(".") == 1]

    assert all(len(names) == 2 * 3 for names in shown.values())  # two of each metric
    assert shown["highest"] != shown["lowest"]


@pytest.mark.parametrize("what", ["responses", "calls"])
async def test_a_file_of_rows_begins_with_those_of_its_page(site: Any, what: str) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    page = await site.page_of(f"/console/{what}", [*ALSO, ("question", "q"), *RATED])
    calls = [one.rpartition("/")[2] for one in page.links if one.startswith("/console/calls/")]
    rows = await _file(site, page, what)
    assert [row["interaction_id"] for row in rows][: len(calls)] == calls
    assert {row["score"] for row in rows} == {"5"}


async def test_where_ratings_are_chosen_a_score_would_say_what_was_chosen(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    page = await site.page_of("/console", [("range", "91d"), ("survey", "csat"), ("score", "5")])

    assert "no figure: the filter says which ratings are counted" in page.text
    assert _values(page) == set()
    assert int(page.numbers["csat.n"]) == int(page.numbers["funnel.answered"]) > 0


async def test_days_of_answers_have_no_funnel_and_no_file_of_one(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    page = await site.page("/console", date="answer")
    assert not [one for one in page.links if "/files/funnel.csv" in one]
    assert await _file(site, page, "scores")


async def test_answers_are_searched_and_come_in_the_order_that_is_wanted(site: Any) -> None:
    for number, (score, comment) in enumerate([(4, "Late again"), (1, "Later still"), (5, "Fine")]):
        name = f"c{number}"
        await site.intake.on_decisions(told(decision(name, ended_at=NOW - timedelta(hours=number))))
        await site.intake.on_responses(told(response(name, score, comment=comment)))
    await site.sign_in()

    lowest = await site.page("/console/responses", sort="lowest_score", text="late")
    nothing = await site.page("/console/responses", text="nobody wrote this")
    oldest = await site.page("/console/calls", sort="oldest")
    link = next(one for one in lowest.links if one.startswith("/console/files/responses.csv"))
    file = (await site.http.get(link)).text

    assert lowest.text.index("Later still") < lowest.text.index("Late again")
    assert "Fine" not in lowest.text
    assert "lowest score first" in lowest.text
    assert "No answer has these words." in nothing.text
    assert "oldest call first" in oldest.text
    assert "Later" in file
    assert "Fine" not in file


async def test_all_files_come_in_one_zip_with_the_filter_of_the_page(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    for path in ("/console", "/console/trends", "/console/groups"):
        page = await site.page(path, queue="billing", range="28d")
        link = next(one for one in page.links if one.startswith("/console/files/all.zip"))

        answer = await site.http.get(link)

        assert answer.status_code == 200, (link, answer.text)
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            told = json.loads(archive.read("filter.json"))
            rows = list(csv.DictReader(io.StringIO(archive.read("calls.csv").decode())))
        assert told["queue"] == ["billing"]
        assert {row["queue"] for row in rows} == {"billing"}


async def _file(site: Any, page: Any, what: str) -> list[dict[str, str]]:
    """By the page's own link."""
    link = next(one for one in page.links if one.startswith(f"/console/files/{what}.csv"))
    answer = await site.http.get(link)
    assert answer.status_code == 200, (link, answer.text)
    return list(csv.DictReader(io.StringIO(answer.text)))


def _values(page: Any) -> set[tuple[str, str]]:
    return {
        (name.partition(".")[0], value)
        for name, value in page.numbers.items()
        if name.partition(".")[0] in ("csat", "nps", "ces") and name.endswith(".value")
    }


async def test_a_filter_that_the_api_refuses_is_refused_on_the_page(site: Any) -> None:
    await site.sign_in()
    page = await site.page("/console", range="nonsense")
    assert "range" in page.text
    assert "Try again" in page.text


async def test_an_empty_workspace_says_what_to_do(site: Any) -> None:
    await site.sign_in()
    for path in ("/console", "/console/trends", "/console/groups", "/console/responses"):
        assert "No responses yet" in (await site.page(path)).text
    assert "Nothing in these days" in (await site.page("/console", queue="none")).text


async def test_one_call_tells_why_in_words(site: Any) -> None:
    """By the orchestrator's decision: who was not asked, and which facts were looked at."""
    await site.sign_in()
    refused = decision(
        "c1",
        reason=Reason.FREQUENCY_CAP,
        findings=(
            Finding(
                guard=Reason.FREQUENCY_CAP, fact="asked 2 days ago, one in 7 days", refused=True
            ),
        ),
    )
    await site.decided(refused)
    page = await site.page(f"/console/calls/{interaction_of('c1')}")
    assert "the person was asked often enough" in page.text
    assert "asked 2 days ago, one in 7 days" in page.text
    assert "+12025550101" not in page.text  # the caller's number is masked


async def test_what_was_written_after_a_call_is_among_its_messages(site: Any) -> None:
    await site.sign_in()
    asked = decision("c1", channel=Channel.IVR)
    await site.decided(asked)
    await site.noted(asked, "sms")
    page = await site.page(f"/console/calls/{interaction_of('c1')}")
    assert "More in writing by SMS, after the answer on the telephone" in page.text


async def test_a_comment_is_text_whatever_somebody_wrote(site: Any) -> None:
    await site.sign_in()
    await site.intake.on_decisions(told(decision("c1")))
    await site.intake.on_responses(told(response("c1", 1, comment="<script>alert(1)</script>")))
    answer = await site.http.get("/console/responses")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script>alert" not in answer.text


async def test_a_row_leads_to_the_answers_of_the_same_filter(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    groups = await site.page("/console/groups", by="agent", range="28d", queue="billing")
    assert AGENTS[0] in groups.text
    link = next(one for one in groups.links if "agent=a0" in one)
    assert link.startswith("/console/responses?")
    assert {"range=28d", "queue=billing", "agent=a0"} <= set(link.partition("?")[2].split("&"))
    assert (await site.http.get(link)).status_code == 200


async def test_an_analyst_sees_figures_but_switches_nothing(site: Any) -> None:
    await _flow(site)
    await site.sign_in(role=Role.ANALYST)
    assert "Switch off" not in (await site.page("/console/flows")).text
    answer = await site.post("/console/flows/csat-flow", enabled="false")
    assert answer.status_code == 403
    assert "lacks the scope config:write" in answer.text
    assert "Only admins" in (await site.page("/console/setup")).text


@pytest.mark.parametrize("name", ["%00", "%0a", "csat-flow%3Fworkspace=other", "csat-flow%23"])
async def test_a_name_in_an_address_is_never_more_than_a_name(site: Any, name: str) -> None:
    await _flow(site)
    await site.sign_in()

    answer = await site.post(f"/console/flows/{name}", enabled="false")

    assert answer.status_code in (400, 404, 422)


async def test_an_admin_switches_a_flow_and_the_change_log_names_them(site: Any) -> None:
    await _flow(site)
    await site.sign_in()
    answer = await site.post("/console/flows/csat-flow", enabled="false")
    assert answer.status_code == 303
    assert "Switch on" in (await site.page("/console/flows")).text

    log = await site.http.get("/v1/config/changes", headers=site.key())
    assert log.json()["changes"][0]["changed_by"].startswith("ann@acme.example")


async def test_a_small_group_is_hidden_from_an_analyst(site: Any) -> None:
    await site.intake.on_decisions(told(*(decision(f"c{n}") for n in range(3))))
    await site.intake.on_responses(told(*(response(f"c{n}", 5) for n in range(3))))
    await site.sign_in(role=Role.ANALYST)
    assert "not shown" in (await site.page("/console/groups", by="agent")).text


async def test_nobody_sees_another_workspace(site: Any) -> None:
    await some_weeks(site.intake, 12, workspace="other")
    await site.intake.on_decisions(told(decision("c1", workspace="other")))
    await site.sign_in()
    assert "No responses yet" in (await site.page("/console", workspace="other")).text
    theirs = f"/console/calls/{interaction_of('c1', 'other')}"
    assert (await site.http.get(theirs)).status_code == 404


async def test_an_operator_chooses_the_workspace(site: Any) -> None:
    await site.intake.on_decisions(told(decision("c1", workspace="other")))
    await site.sign_in(workspace=None)
    assert (await site.page("/console", workspace="other")).numbers["funnel.calls"] == "1"
    assert (await site.page("/console")).numbers["funnel.calls"] == "0"  # acme, the first


async def test_an_operators_form_changes_the_workspace_of_its_page_or_none(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody could say which workspaces there are."""
    for workspace in ("acme", "other"):
        await _flow(site, workspace)
    await site.sign_in(workspace=None)
    answer = await site.post("/console/flows/csat-flow", enabled="false")
    assert answer.status_code == 422
    assert "Which workspace?" in answer.text

    monkeypatch.setitem(SERVICES, "workspaces", "nobody/nowhere")
    page = await site.page("/console/flows", workspace="other")
    assert "Workspace" not in page.text
    answer = await site.submit(page, "/console/flows/csat-flow", enabled="false")
    assert answer.headers["location"] == "/console/flows?workspace=other"
    assert await _enabled(site, "other") is False
    assert await _enabled(site, "acme") is True


async def test_an_operators_own_forms_lead_back_to_the_workspace(site: Any) -> None:
    await site.sign_in(workspace=None)
    page = await site.page("/console/account", workspace="other")
    themed = await site.submit(page, "/console/theme", theme="dark")
    assert themed.headers["location"] == "/console/account?workspace=other"
    chosen = await site.submit(page, "/console/account/password", password="a good long one")
    assert chosen.headers["location"] == "/console/account?saved=yes&workspace=other"


async def test_a_service_that_does_not_answer_takes_no_page_down(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its panel says so."""
    await site.sign_in()
    site.somewhere_else("http://127.0.0.1:9/{service}")
    page = await site.page("/console")
    assert "does not answer" in page.text


async def _flow(site: Any, workspace: str = "acme") -> None:
    key = site.key(workspace)
    answer = await site.http.put(
        "/v1/config", json=documents(workspace={"id": workspace}), headers=key
    )
    assert answer.status_code == 200, answer.text


async def _enabled(site: Any, workspace: str) -> bool:
    answer = await site.http.get("/v1/flows", headers=site.key(workspace))
    found: bool = answer.json()["flows"][0]["enabled"]
    return found


async def test_what_was_chosen_is_on_the_overview_by_option(site: Any) -> None:
    chosen = Answer(
        question_id="about",
        kind=QuestionKind.CHOICE,
        low=1,
        high=2,
        value=2,
        option="net",
        options=("billing", "net"),
        answered_at=NOW,
    )
    await site.intake.on_decisions(told(*(decision(f"c{n}") for n in range(7))))
    await site.intake.on_responses(told(*(response(f"c{n}", more=[chosen]) for n in range(7))))
    await site.sign_in()

    page = (await site.http.get("/console")).text

    assert 'aria-label="about, what was chosen"' in page
    assert re.search(r'<th scope="row">net</th><td class="count">(?:<[^>]+>)*7\b', page)
