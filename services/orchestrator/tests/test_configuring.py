"""Configuration files: what is wrong is named by its place, what differs is listed."""

from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadInput
from orchestrator.domain.configuring.changes import after, changes
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.testing import CALLER, LINE, NOW, SENDER, documents

REMOVE = object()


def edited(path: str, value: Any) -> dict[str, Any]:
    """The documents of the tests with one value set, added or removed."""
    body: Any = deepcopy(documents())
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at = body
    for part in way:
        at = at[part]
    if value is REMOVE:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return body  # type: ignore[no-any-return]


def plan(*later: dict[str, Any]) -> dict[str, Any]:
    """The documents with steps after a text."""
    return edited("flows.0.plan", [{"channel": "sms"}, *later])


COMMENT = {"id": "why", "kind": "comment", "text": {"en": "Why?", "es": "¿Por qué?"}}
OTHER_ACCOUNT = {
    "id": "other",
    "account_sid": "AC2",
    "auth_token": "secret:twilio",
    "senders": [{"number": SENDER}],
}
WRONG: dict[str, tuple[Any, str, str]] = {
    "not a mapping": ([], "", "expected sections"),
    "unknown section": (edited("flow", []), "flow", "unknown"),
    "section is no list": (edited("flows", {}), "flows", "must be a list"),
    "document is no mapping": (edited("flows.0", 3), "flows.0", "must be a mapping"),
    "no id": (edited("flows.0.id", REMOVE), "flows.0.id", "is missing"),
    "unknown key": (edited("flows.0.colour", 1), "flows.0.colour", "no such field"),
    "not a duration": (edited("flows.0.delay", "soon"), "flows.0.delay", "a duration is written"),
    "a default text that there is not": (
        edited("workspaces.0.texts", {"en": {"hello": "Hi"}}),
        "workspaces.0.texts.en.hello", "not known",
    ),
    "a link in a default text": (
        edited("workspaces.0.texts", {"en": {"thank_you": "{link_google}"}}),
        "workspaces.0.texts.en.thank_you", "not known",
    ),
    "a link to opt out in a question, which may be asked on the telephone": (
        edited("surveys.0.questions.0.text.en", "{brand}: 1 to 5? Or {opt_out_link}"),
        "surveys.0.questions.0.text.en", "{opt_out_link} is not known",
    ),
    "a link to opt out that is said on the telephone": (
        edited("surveys.0.voice", {"en": {"texts": {"opt_out": "Open {opt_out_link}"}}}),
        "surveys.0.voice.en.texts.opt_out", "{opt_out_link} is not known",
    ),
    "a link to opt out to who did": (
        edited("surveys.0.texts", {"en": {"stopped": "Bye. {opt_out_link}"}}),
        "surveys.0.texts.en.stopped", "{opt_out_link} is not known",
    ),
    "words of a question that nobody asks": (
        edited("numbers.0.questions", {"why": {"en": "Why?"}}),
        "numbers.0.questions.why", "no survey asks",
    ),
    "a variable that there is not, in such words": (
        edited("numbers.0.questions", {"score": {"en": "{who}?"}}),
        "numbers.0.questions.score.en", "{who} is not known",
    ),
    "a text with a hole where no agent is known": (
        edited("surveys.0.texts", {"en": {"thank_you": "{agent} thanks you."}}),
        "surveys.0.texts.en.thank_you", "may not be known",
    ),
    "a question with such a hole": (
        edited("surveys.0.questions.0.text.en", "{brand}: how was {agent}, 1 to 5?"),
        "surveys.0.questions.0.text.en", "{agent|...}",
    ),
    "words of a number with such a hole": (
        edited("numbers.0.questions", {"score": {"en": "How was {queue}, 1 to 5?"}}),
        "numbers.0.questions.score.en", "{queue|...}",
    ),
    "an aim of one contact": (
        edited("flows.0.aim", {"answers": 1, "by": "contact"}), "flows.0.aim.by", "of an agent",
    ),
    "an aim of an hour": (
        edited("flows.0.aim", {"answers": 1, "per": "hour"}), "flows.0.aim.per", "a day or a week",
    ),
    "a plan without steps": (edited("flows.0.plan", []), "flows.0.plan", "at least 1"),
    "a plan without end": (
        edited("flows.0.plan", [{"channel": "sms"}] * 6), "flows.0.plan", "at most 5",
    ),
    "an unknown channel": (
        edited("flows.0.plan", [{"channel": "pigeon"}]), "flows.0.plan.0.channel", "'sms'",
    ),
    "a condition of the first step": (
        edited("flows.0.plan", [{"when": "failed"}]), "flows.0.plan.0.when", "has no condition",
    ),
    "silence of no time": (
        plan({"when": "silent", "after": "0s"}), "flows.0.plan.1.after", "more than nothing",
    ),
    "silence until answers are late": (
        plan({"when": "silent", "after": "24h"}), "flows.0.plan.1.after", "expiry, 1d",
    ),
    "silence without a time": (plan({"when": "silent"}), "flows.0.plan.1.after", "how long"),
    "a time without silence": (
        plan({"when": "no_consent", "after": "1h"}), "flows.0.plan.1.after", "only for a step",
    ),
    "a line type without types": (
        plan({"when": "line_type"}), "flows.0.plan.1.line_types", "which ones",
    ),
    "types without line type": (
        plan({"line_types": ["fixed"]}), "flows.0.plan.1.line_types", "only for a step",
    ),
    "a channel that no service serves": (
        plan({"channel": "email"}), "flows.0.plan.1.channel", "no service asks by email",
    ),
    "a duration beyond all durations": (
        edited("flows.0.delay", "99999999999d"), "flows.0.delay", "at most 366d",
    ),
    "a validity beyond a month": (
        edited("flows.0.validity", "31d"), "flows.0.validity", "must be at most",
    ),
    "not a zone": (edited("workspaces.0.zone", "Mars"), "workspaces.0.zone", "not a time zone"),
    "a secret": (edited("accounts.0.auth_token", "x"), "accounts.0.auth_token", "reference"),
    "NUL": (edited("workspaces.0.name", "a\x00"), "workspaces.0.name", "NUL"),
    "twice": (edited("flows.1", documents()["flows"][0]), "flows.1", "the same as flows.0"),
    "the same number spelled twice": (
        edited("numbers.1", {"number": "+1 202 555 0190"}), "numbers.1", "the same as numbers.0",
    ),
    "no such survey": (edited("flows.0.survey", "nps"), "flows.0.survey", "there is no survey nps"),
    "first question is a comment": (
        edited("surveys.0.questions.0", COMMENT), "surveys.0.questions.0.kind", "a rating",
    ),
    "scale of another metric": (
        edited("surveys.0.questions.0.scale", [0, 10]), "surveys.0.questions.0.scale", "1 to 5",
    ),
    "another metric for the first question": (
        edited("surveys.0.questions.0.metric", "ces"), "surveys.0.questions.0.metric", "is csat",
    ),
    "a scale that does not fit the metric of a further question": (
        edited(
            "surveys.0.questions.1", {**COMMENT, "kind": "rating", "scale": [1, 5], "metric": "nps"}
        ), "surveys.0.questions.1.metric", "nps is asked from 0 to 10",
    ),
    "a metric of a comment": (
        edited("surveys.0.questions.1", {**COMMENT, "metric": "ces"}),
        "surveys.0.questions.1.metric", "only a rating",
    ),
    "rating without a scale": (
        edited("surveys.0.questions.1", {**COMMENT, "kind": "rating"}),
        "surveys.0.questions.1.scale", "a rating has a lowest",
    ),
    "an empty text": (
        edited("surveys.0.questions.0.text.en", ""),
        "surveys.0.questions.0.text.en", "at least 1",
    ),
    "two questions of one id": (
        edited("surveys.0.questions.1", {**COMMENT, "id": "score"}),
        "surveys.0.questions.1.id", "another question",
    ),
    "a language is missing": (
        edited("surveys.0.questions.1", {**COMMENT, "text": {"en": "Why?"}}),
        "surveys.0.questions.1.text", "not in es",
    ),
    "unknown variable": (
        edited("surveys.0.questions.0.text.en", "Hi {nmae}"),
        "surveys.0.questions.0.text.en", "{nmae} is not known",
    ),
    "unknown text": (
        edited("surveys.0.texts", {"en": {"thank": "x"}}), "surveys.0.texts.en.thank", "not known",
    ),
    "unknown band": (
        edited("surveys.0.texts", {"en": {"thanks": {"best": "x"}}}),
        "surveys.0.texts.en.thanks.best", "low, middle or high",
    ),
    "texts of a number": (
        edited("numbers.0.texts", {"en": {"invalid": "{x}"}}), "numbers.0.texts.en.invalid", "{x}",
    ),
    "enabled without a sender": (
        edited("accounts.0.senders.0.two_way", False), "flows.0.plan.0.channel", "two-way sender",
    ),
    "a sender of two accounts": (
        edited("accounts.1", OTHER_ACCOUNT), "accounts.1.senders.0.number", "already",
    ),
    "another workspace": (edited("workspaces.0.id", "other"), "workspaces.0.id", "is not acme"),
    "no workspace": (edited("workspaces", []), "workspaces", "not described"),
}  # fmt: skip


def problems(body: Any) -> dict[str, str]:
    """What is said about a file that nothing was applied before."""
    try:
        written = read(body)
    except BadInput as bad:
        return {error.field: error.message for error in bad.errors}
    found = review("acme", written.bodies, places=written.places, elsewhere=Elsewhere())
    return {error.field: error.message for error in found}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_by_its_place(case: str) -> None:
    body, field, message = WRONG[case]

    found = problems(body)

    assert field in found
    assert message in found[field]


def test_a_right_file_has_no_problems() -> None:
    assert problems(documents()) == {}


def test_all_errors_are_told_at_once() -> None:
    body = edited("flows.0.delay", "soon") | {"numbers": [{"number": "1"}, {"number": "2"}]}

    assert sorted(problems(body)) == ["flows.0.delay", "numbers.0.number", "numbers.1.number"]


async def test_nothing_of_a_wrong_file_is_stored(empty: Any) -> None:
    with pytest.raises(BadInput):
        await empty.configuring.apply("acme", edited("flows.0.survey", "nps"), by="test")

    assert await empty.rows("select * from config.documents") == []


async def test_an_apply_tells_what_it_changed(empty: Any) -> None:
    first = await empty.configuring.apply("acme", documents(), by="ann")
    same = await empty.configuring.apply("acme", documents(), by="ann")
    changed = await empty.configuring.apply(
        "acme", documents(flow={"sampling_rate": 0.5, "when": {"queues": ["a"]}}), by="ben"
    )

    assert [(c.change, c.kind, c.id) for c in first.changes] == [
        ("added", "workspace", "acme"),
        ("added", "number", LINE),
        ("added", "account", "twilio"),
        ("added", "survey", "csat"),
        ("added", "flow", "csat-flow"),
    ]
    assert (same.version, same.changes) == (None, [])
    assert [(c.id, c.fields) for c in changed.changes] == [("csat-flow", ("sampling_rate", "when"))]
    assert changed.version == first.version + 1
    rows = await empty.rows("select changed_by, version from config.changes where kind = 'flow'")
    assert sorted(tuple(row) for row in rows) == [("ann", 1), ("ben", 2)]


async def test_a_dry_run_stores_nothing(empty: Any) -> None:
    applied = await empty.configuring.apply("acme", documents(), by="ann", dry_run=True)

    assert (applied.version, len(applied.changes)) == (None, 5)
    assert await empty.rows("select * from config.documents") == []


async def test_only_pruning_removes(empty: Any) -> None:
    await empty.configuring.apply("acme", documents(), by="ann")
    less = documents() | {"flows": []}

    kept = await empty.configuring.apply("acme", less, by="ann")
    pruned = await empty.configuring.apply("acme", less, by="ann", prune=True)

    assert kept.changes == []
    assert [(c.change, c.id) for c in pruned.changes] == [("removed", "csat-flow")]


async def test_pruning_a_survey_that_a_flow_needs_is_refused(empty: Any) -> None:
    await empty.configuring.apply("acme", documents(), by="ann")

    with pytest.raises(BadInput, match=r"flows\.0\.survey: there is no survey csat"):
        await empty.configuring.apply("acme", documents() | {"surveys": []}, by="ann", prune=True)


async def test_what_one_workspace_has_another_cannot_take(empty: Any) -> None:
    shared = edited("accounts.0.auth_token", "env:AFTERCALL_SECRET_SHARED")
    source = {"id": "pbx", "vendor": "mapped-json"}
    body = shared | {"sources": [source]}
    await empty.configuring.apply("acme", body, by="ann", is_operator=True)
    other = body | {"workspaces": [{"id": "other", "name": "O"}]}

    with pytest.raises(BadInput) as refused:
        await empty.configuring.apply("other", other, by="ann", is_operator=True)

    assert {error.field for error in refused.value.errors} == {
        "sources.0.id",
        "accounts.0.senders.0.number",
    }


async def test_a_workspace_learns_nothing_of_others_and_takes_no_name_of_theirs(
    empty: Any,
) -> None:
    """Neither by what is refused nor by what is not."""
    body = documents() | {"sources": [{"id": "acme-pbx", "vendor": "aircall"}]}
    await empty.configuring.apply("acme", body, by="ann")

    async def said(source: str) -> list[str]:
        own = documents() | {"workspaces": [{"id": "ac", "name": "O"}]}
        own["sources"] = [{"id": source, "vendor": "aircall"}]
        try:
            await empty.configuring.apply("ac", own, by="mallory")
        except BadInput as error:
            return [f"{one.field}: {one.message}" for one in error.errors]
        return []

    (taken,) = await said("acme-pbx")
    assert await said("acme-free") == await said("beta-pbx") == await said("x") == [taken]
    assert "must be ac or begin with ac-" in taken
    assert await said("ac-pbx") == []  # with a sender number of acme, whose replies it cannot sign


async def test_ids_of_sources_are_not_taken_by_a_workspace_whose_name_begins_likewise(
    empty: Any,
) -> None:
    await empty.configuring.apply(
        "a-b", documents() | {"workspaces": [{"id": "a-b", "name": "O"}]}, by="ann"
    )
    body = documents() | {"workspaces": [{"id": "a", "name": "O"}]}
    body["sources"] = [{"id": "a-b-pbx", "vendor": "aircall"}]

    with pytest.raises(BadInput, match="must be a or begin with a-"):
        await empty.configuring.apply("a", body, by="mallory")


async def test_vendors_are_checked_when_they_are_known(empty: Any) -> None:
    empty.vendors = frozenset({"aircall"})
    body = documents() | {"sources": [{"id": "acme", "vendor": "airball"}]}

    with pytest.raises(BadInput, match=r"sources\.0\.vendor: not known; there are aircall"):
        await empty.configuring.apply("acme", body, by="ann")


async def test_switching_a_flow_on_is_checked_too(empty: Any) -> None:
    body = documents(flow={"enabled": False})
    body["accounts"][0]["senders"][0]["two_way"] = False
    await empty.configuring.apply("acme", body, by="ann")

    with pytest.raises(BadInput, match=r"flow\.plan\.0\.channel: .* without an account"):
        await empty.configuring.switch_flow("acme", "csat-flow", enabled=True, by="ann")


async def test_a_flow_that_nobody_could_serve_stays_off(empty: Any) -> None:
    body = documents(flow={"enabled": False, "plan": [{"channel": "email"}]})
    await empty.configuring.apply("acme", body, by="ann")  # a draft may be ahead of its sender

    with pytest.raises(BadInput, match=r"flow\.plan\.0\.channel: no service asks by email"):
        await empty.configuring.switch_flow("acme", "csat-flow", enabled=True, by="ann")


async def test_the_metric_of_a_survey_never_changes_under_its_id(empty: Any) -> None:
    await empty.configuring.apply("acme", documents(), by="ann")
    nps = documents(flow={"enabled": False})
    nps["surveys"][0] |= {"metric": "nps"}
    nps["surveys"][0]["questions"][0]["scale"] = [0, 10]
    bare = {"workspaces": documents()["workspaces"]}
    refused = r"surveys\.0\.metric: csat asks csat, .* Make a survey of another id"

    for dry_run in (True, False):
        with pytest.raises(BadInput, match=refused):
            await empty.configuring.apply("acme", nps, by="ann", dry_run=dry_run)
    await empty.configuring.apply("acme", bare, by="ann", prune=True)
    with pytest.raises(BadInput, match=refused):  # nor when it was removed in between
        await empty.configuring.apply("acme", nps, by="ann")


async def test_a_changed_zone_says_what_it_does_to_days_counted_already(empty: Any) -> None:
    first = await empty.configuring.apply("acme", documents(), by="ann")
    moved = documents(workspace={"zone": "Asia/Kolkata"})

    dry = await empty.configuring.apply("acme", moved, by="ann", dry_run=True)
    applied = await empty.configuring.apply("acme", moved, by="ann")
    same = await empty.configuring.apply("acme", moved, by="ann")

    told = "the secret twilio is not written yet; until it is, the account cannot be used"
    assert [(one.field, one.message) for one in first.warnings] == [("accounts.0", told)]
    assert same.warnings == []
    [warning] = dry.warnings
    assert applied.warnings == [warning]
    assert warning.field == "workspaces.0.zone"
    assert "those of UTC" in warning.message
    assert "`aftercall rebuild-rollups --redays`" in warning.message


async def test_a_language_whose_words_are_not_known_is_said_so(empty: Any) -> None:
    swahili = documents(workspace={"language": "sw"})

    applied = await empty.configuring.apply("acme", swahili, by="ann")

    [warning] = [one for one in applied.warnings if one.field == "workspaces.0"]
    assert "replies in sw are read as digits and English words only" in warning.message


def test_a_number_is_the_same_document_however_it_is_spelled() -> None:
    written = read({"numbers": [{"number": "001 202 555 0101"}]})

    assert list(written.bodies) == [("number", CALLER)]


BODIES = st.dictionaries(
    st.tuples(st.sampled_from(["flow", "survey"]), st.sampled_from("abc")),
    st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2) | st.just({"deep": 1}), max_size=3),
)


@given(before=BODIES, wanted=BODIES)
def test_applying_the_difference_gives_what_was_wanted(before: Any, wanted: Any) -> None:
    assert after(before, changes(before, wanted, prune=True)) == wanted
    assert after(before, changes(before, wanted, prune=False)) == before | wanted
    assert changes(wanted, wanted, prune=True) == []


async def test_flows_that_were_switched_by_other_words_mean_what_they_meant(empty: Any) -> None:
    """What is stored from before only `true` was taken, and since when it is on."""
    migration = files("common.config") / "migrations" / "0012_switches.sql"
    told = {"a": "yes", "b": 1, "c": "off", "d": "N", "e": True, "f": False}
    async with empty.db.transaction() as connection:
        await connection.executemany(
            "insert into config.documents (workspace, kind, id, version, body, enabled_since)"
            " values ('acme', 'flow', $1, 1, $2, $3)",
            [
                (name, {"id": name, "survey": "csat", "enabled": word}, NOW)
                for name, word in told.items()
            ],
        )
        await connection.execute(migration.read_text())

    rows = await empty.rows("select body, enabled_since from config.documents order by id")
    assert [row["body"]["enabled"] for row in rows] == [True, True, False, False, True, False]
    assert [row["enabled_since"] for row in rows[:4]] == [NOW, NOW, None, None]
