"""`aftercall drafts ...`: documents are kept while they are written, and published together."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

SURVEY = {
    "id": "csat",
    "metric": "csat",
    "questions": [
        {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "{brand}: 1 to 5?"}}
    ],
}
FLOW = {"id": "billing", "survey": "csat", "enabled": False, "delay": "5m"}
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(**sections: Any) -> str:
        file = tmp_path / "draft.yaml"
        file.write_text(yaml.safe_dump(sections))
        return str(file)

    return written


async def test_a_file_is_kept_as_drafts_looked_at_and_published(acme: Any, write: Write) -> None:
    file = write(surveys=[SURVEY], flows=[FLOW])
    kept = await acme("drafts", "put", file)
    listed = await acme("drafts", "list")
    shown = await acme("drafts", "show", "flow", "billing")
    diff = await acme("drafts", "diff", "flow", "billing")
    published = await acme("drafts", "publish", "--all")
    left = await acme("drafts", "list")
    now = await acme("get", "flow", "billing")

    assert "the flow billing is kept as a draft" in kept.output
    assert "    survey: there is no survey csat" in kept.output  # by itself
    assert [line.split()[:2] for line in listed.output.splitlines()[1:]] == [
        ["flow", "billing"],
        ["survey", "csat"],
    ]
    assert shown.output.splitlines()[0] == "# survey: there is no survey csat"
    assert yaml.safe_load(shown.output) == {"flows": [FLOW]}
    assert "    delay: (default) -> 5m" in diff.output
    assert published.output.splitlines() == [
        "added flow billing",
        "added survey csat",
        "2 drafts are published",
    ]
    assert left.output == "there are no drafts\n"
    assert yaml.safe_load(now.output) == {"flows": [FLOW]}


async def test_what_changed_since_is_told_and_stops_the_publishing(
    acme: Any, write: Write, tmp_path: Path
) -> None:
    stored = tmp_path / "stored.yaml"
    for delay in ("1m", "2m"):
        workspace = {"id": "acme", "name": "Acme"}
        body = {"workspaces": [workspace], "surveys": [SURVEY], "flows": [FLOW | {"delay": delay}]}
        stored.write_text(yaml.safe_dump(body))
        await acme("apply", str(stored))
        if delay == "1m":
            await acme("drafts", "put", write(flows=[FLOW]))
    refused = await acme("drafts", "publish", "flow/billing")
    diff = await acme("drafts", "diff", "flow", "billing")
    await acme("drafts", "put", "--rebase", write(flows=[FLOW]))
    published = await acme("drafts", "publish", "flow/billing")

    assert refused.exit_code == 1
    assert 'flow.billing.delay: "1m" -> "2m"' in refused.output
    assert diff.output.splitlines() == [
        "    delay: 1m -> 5m",
        "changed by others since it began:",
        "    delay: 1m -> 2m",
    ]
    assert published.output.splitlines()[0] == "changed flow billing: delay"


async def test_a_draft_is_dropped_and_its_document_stays(acme: Any, write: Write) -> None:
    await acme("drafts", "put", write(surveys=[SURVEY]))
    asked = await acme("drafts", "drop", "survey", "csat")
    dropped = await acme("drafts", "drop", "survey", "csat", "--yes")
    again = await acme("drafts", "drop", "survey", "csat", "--yes")

    assert (asked.exit_code, dropped.exit_code, again.exit_code) == (1, 0, 1)
    assert "No such draft" in again.output


async def test_a_dry_run_plays_a_draft_that_is_kept(acme: Any, write: Write) -> None:
    await acme("drafts", "put", write(surveys=[SURVEY], flows=[FLOW]))
    since = ("--from", _yesterday())
    alone = await acme("dry-run", "--draft", "flow/billing", *since)
    both = await acme("dry-run", "--draft", "flow/billing", "--draft", "survey/csat", *since)

    assert "flow.billing.survey: there is no survey csat" in alone.output
    assert both.output.splitlines()[0] == "0 calls, 0 asked"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("drafts", "publish"), "say which, such as flow/billing, or --all"),
        (("drafts", "publish", "billing"), "a draft is named KIND/ID"),
        (("drafts", "publish", "--all"), "there are no drafts"),
        (("drafts", "show", "flow", "x"), "No such draft"),
        (("drafts", "show", "pigeon", "x"), "No such draft"),
        (("dry-run", "--from", "2026-01-05"), "either a file is played, or --draft says which"),
    ],
)
async def test_what_goes_wrong_is_said_in_a_line(
    acme: Any, words: tuple[str, ...], said: str
) -> None:
    answer = await acme(*words)

    assert answer.exit_code in (1, 2)
    assert said in answer.output


def _yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
