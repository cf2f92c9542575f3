"""A document that this version does not understand is out of use alone, on the safe side."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from common.config.freezing import freeze
from common.config.reader import Config, Parsed, WorkspaceConfig, assemble
from common.errors import BadInput
from common.events.decisions import Reason, Verdict
from orchestrator.domain.compiled import compile_config
from orchestrator.domain.configuring.changes import SECTIONS, changes
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.domain.deciding import Facts, decide
from orchestrator.testing import LINE, NOW, call, documents
from tests.skew.recording import DOCUMENTS, FIELD, WORD, changed, document, mappings, row

ROOT = Path(__file__).parents[2]
LONG_AGO = datetime(2025, 1, 5, tzinfo=UTC)


def rows_of(file: Any) -> list[dict[str, Any]]:
    return [
        row(kind, body, enabled_since=LONG_AGO if kind == "flow" else None)
        for section, kind in SECTIONS.items()
        for body in file.get(section, ())
    ]


def with_recorded(*names: str) -> list[dict[str, Any]]:
    """The rows of a workspace that asks, and these; a workspace takes the place of its own."""
    found = [document(path) for path in DOCUMENTS if path.stem in names]
    rows = [
        one
        for one in rows_of(documents())
        if (one["kind"], one["id"]) not in {(new.kind, new.id) for new in found}
    ]
    since = {"enabled_since": LONG_AGO}
    return rows + [row(one.kind, one.body, **since) for one in found]


def acme(rows: list[dict[str, Any]]) -> WorkspaceConfig:
    return assemble(1, rows).workspaces["acme"]


def decided(rows: list[dict[str, Any]], **told: Any) -> Any:
    compiled = compile_config(assemble(1, rows)).workspaces["acme"]
    return decide(call(**told), Facts(), workspace=compiled, now=NOW)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_recorded_document_of_a_newer_version_disables_itself_at_most(path: Path) -> None:
    recorded = document(path)

    found = acme(with_recorded(path.stem))

    key = (recorded.kind, recorded.id)
    if recorded.readable is None:
        assert found.unknown_kinds == {recorded.kind: 1}
        assert not found.unreadable
        return
    assert (key not in found.unreadable) is recorded.readable
    assert set(found.unreadable) <= {key}
    assert tuple(sorted(found.passed_over.get(key, ()))) == recorded.passed_over
    if recorded.kind != "workspace" or recorded.readable:
        assert decided(with_recorded(path.stem)).verdict is Verdict.INVITE


def test_every_kind_of_document_has_a_readable_and_an_unreadable_one() -> None:
    known = {(one.kind, one.readable) for one in map(document, DOCUMENTS)}

    assert {(kind, fine) for kind in SECTIONS.values() for fine in (True, False)} <= known


def test_an_unreadable_workspace_asks_nobody_and_goes_on_listening() -> None:
    rows = with_recorded("workspace-with-quiet-hours")
    found = acme(rows)

    assert found.flows == {}
    assert (found.workspace.name, found.workspace.zone) == ("Acme", "Asia/Kolkata")
    assert found.accounts
    assert decided(rows).reason is Reason.NO_FLOW
    assert "unreadable: workspace" in decided(rows).findings[0].fact


def test_of_an_unreadable_workspace_what_is_sound_is_kept() -> None:
    body = {"id": "acme", "name": 7, "zone": "Mars/Olympus", "language": "hi"}
    rows = [one for one in rows_of(documents()) if one["kind"] != "workspace"]
    found = acme([*rows, row("workspace", body)])

    assert (found.workspace.name, found.workspace.zone) == ("acme", "UTC")
    assert found.workspace.language == "hi"


def test_what_is_unsound_of_an_unreadable_workspace_is_in_the_way_of_nothing() -> None:
    """Texts in another shape than ours, and the rest of the workspace can still be changed."""
    body = {"id": "acme", "name": "Acme", "language": "hi", "texts": {"en": {"thanks": "Thanks!"}}}
    rows = [one for one in rows_of(documents()) if one["kind"] != "workspace"]
    stored = {(one["kind"], one["id"]): one["body"] for one in rows} | {("workspace", "acme"): body}

    found = acme([*rows, row("workspace", body)])
    wrong = review("acme", stored, places={("number", LINE): "numbers.0"}, elsewhere=Elsewhere())

    assert (found.workspace.language, found.workspace.texts) == ("hi", {})
    assert wrong == []


def test_an_unreadable_workspace_is_no_trouble_of_another() -> None:
    other = [one | {"workspace": "other"} for one in rows_of(documents())]
    for one in other:
        if one["kind"] == "workspace":
            one |= {"id": "other", "body": {"id": "other", "name": "Other"}}

    found = assemble(1, [*with_recorded("workspace-with-quiet-hours"), *other])

    assert found.workspaces["other"].flows
    assert not found.workspaces["other"].unreadable


def test_a_flow_whose_survey_cannot_be_read_asks_nobody_and_is_unclear() -> None:
    file = documents()
    file["surveys"][0]["metric"] = WORD
    found = acme(rows_of(file))

    assert found.is_unclear("csat-flow")
    assert not found.is_unclear("another")
    assert decided(rows_of(file)).reason is Reason.NO_FLOW


def test_calls_of_a_number_whose_use_is_not_known_are_not_asked() -> None:
    for path in ("number-of-another-use", "number-with-a-list-of-texts"):
        number = document(next(one for one in DOCUMENTS if one.stem == path)).id
        made = decided(with_recorded(path), our_number=number)
        assert made.reason is Reason.NUMBER_DISABLED
        assert decided(with_recorded(path), address=number).reason is Reason.INTERNAL_NUMBER


def test_two_words_that_nobody_knows_do_not_match_each_other() -> None:
    file = documents(flow={"when": {"kinds": [WORD]}})
    interaction = replace_kind(call())

    compiled = compile_config(assemble(1, rows_of(file))).workspaces["acme"]

    assert decide(interaction, Facts(), workspace=compiled, now=NOW).reason is Reason.NO_FLOW


def replace_kind(interaction: Any) -> Any:
    return structs.replace(interaction, kind=type(interaction.kind)("video_call"))


def test_a_change_costs_a_parse_of_what_changed() -> None:
    rows = rows_of(documents()) + [
        row("number", {"number": f"+1202555{n:04}"}) for n in range(3_000)
    ]
    parsed: Parsed = {}
    first = assemble(1, rows, parsed).workspaces["acme"]
    broken = [one | {"version": 2, "body": {"number": one["id"], FIELD: 1, "use": 7}}
              if one["id"] == "+12025552999" else one for one in rows]  # fmt: skip

    second = assemble(2, broken, parsed).workspaces["acme"]

    assert list(second.unreadable) == [("number", "+12025552999")]
    assert all(second.numbers[name] is first.numbers[name] for name in second.numbers)
    assert second.flows["csat-flow"] is first.flows["csat-flow"]


def test_what_is_read_tolerantly_is_refused_when_it_is_written() -> None:
    for path in DOCUMENTS:
        one = document(path)
        with pytest.raises(BadInput):
            read({f"{one.kind}s": [one.body]})


def test_a_file_that_was_exported_is_applied_whatever_is_not_known_of_it() -> None:
    stored = {(one.kind, one.id): one.body for one in map(document, DOCUMENTS)
              if one.kind != "workspace"}  # fmt: skip
    stored |= {(one["kind"], one["id"]): one["body"] for one in rows_of(documents())}
    file: dict[str, list[Any]] = {}
    for (kind, _), body in stored.items():
        file.setdefault(f"{kind}s", []).append(copy.deepcopy(body))

    written = read(file, stored)
    changed = changes(stored, written.bodies, prune=True)

    assert changed == []
    assert reviewed(stored, written, changed) == []


def test_what_is_not_known_stands_in_nobodys_way() -> None:
    stored = {(one.kind, one.id): one.body for one in map(document, DOCUMENTS)
              if one.kind != "workspace"}  # fmt: skip
    stored |= {(one["kind"], one["id"]): one["body"] for one in rows_of(documents())}
    written = read({"numbers": [{"number": LINE, "name": "Billing"}]}, stored)
    changed = changes(stored, written.bodies, prune=False)

    assert [one.change for one in changed] == ["changed"]
    assert reviewed({**stored, ("number", LINE): changed[0].body}, written, changed) == []


def test_pruning_removes_what_cannot_be_read_and_never_what_is_of_an_unknown_kind() -> None:
    stored = {(one.kind, one.id): one.body for one in map(document, DOCUMENTS)
              if one.kind != "workspace"}  # fmt: skip
    removed = {(one.kind, one.id) for one in changes(stored, {}, prune=True)}

    assert removed == {key for key in stored if key[0] != "automation"}


def test_a_flow_that_is_written_must_not_refer_to_what_cannot_be_read() -> None:
    survey = document(next(one for one in DOCUMENTS if one.stem == "survey-of-another-metric"))
    stored = {(one["kind"], one["id"]): one["body"] for one in rows_of(documents())}
    stored |= {("survey", survey.id): survey.body}
    written = read({"flows": [{"id": "new", "survey": survey.id}]}, stored)
    changed = changes(stored, written.bodies, prune=False)

    errors = reviewed({**stored, ("flow", "new"): changed[0].body}, written, changed)

    assert [(one.field, one.message) for one in errors] == [
        ("flows.0.survey", f"the survey {survey.id} cannot be read by this version")
    ]


def reviewed(documents: Any, written: Any, changed: Any) -> list[Any]:
    keys = {(one.kind, one.id) for one in changed}
    where = {"places": written.places, "elsewhere": Elsewhere(), "changed": keys}
    return review("acme", documents, **where)


FILES = [
    documents(),
    *(yaml.safe_load(p.read_text()) for p in sorted(ROOT.glob("examples/*.yaml"))),
]
for one in FILES:
    one["workspaces"][0]["id"] = "acme"  # whose rows these tests make
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from([WORD, "99999999999999d", "9" * 5_000 + "s", "/", "\ud7ff" * 300, 10**40]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in it."""
    if at:
        yield at
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(one, (*at, name))


@given(st.data())
def test_no_document_however_odd_hurts_another_or_whoever_asks_by_it(data: st.DataObject) -> None:
    rows = rows_of(data.draw(st.sampled_from(FILES)))
    odd = data.draw(st.sampled_from(range(len(rows))))
    body = rows[odd]["body"]
    if data.draw(st.booleans()):
        at = data.draw(st.sampled_from(sorted(mappings(body), key=str)))
        body = changed(body, at, lambda one: {**one, FIELD: data.draw(ANYTHING)})
    at = data.draw(st.sampled_from(sorted(leaves(body), key=str)))
    value = data.draw(ANYTHING)
    body = changed(body, at, lambda _: value)
    newer: list[dict[str, Any]] = [*rows[:odd], rows[odd] | {"body": body}, *rows[odd + 1 :]]

    found = acme(newer)

    assert set(found.unreadable) <= {(rows[odd]["kind"], rows[odd]["id"])}
    asked_by(assemble(1, newer))


def asked_by(config: Config) -> None:
    """What a service does with it: compile, decide, freeze the questionnaire, compute its times."""
    compiled = compile_config(config).workspaces["acme"]
    for told in ({}, {"queue": "support"}, {"direction": None, "ending": "unknown"}):
        made = decide(call(**told), Facts(), workspace=compiled, now=NOW)
        if made.verdict is Verdict.INVITE:
            flow = compiled.flow(made.flow_id)
            assert flow is not None
            assert made.due_at is not None
            assert made.due_at + flow.flow.expiry + flow.flow.validity > NOW - timedelta(days=1)
            for number in (None, *compiled.config.numbers.values()):
                freeze(
                    flow.survey, workspace=compiled.config.workspace, language="en", number=number
                )
