"""`make contracts`: the same files every time, and what is stale is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.bus.grants import Kind, Operation
from common.topics import TOPICS
from scripts.contracts import __main__ as command
from scripts.contracts import examples
from scripts.contracts.topics import grants
from tests.contracts.written import CONTRACTS, ROOT


@pytest.mark.integration  # another process
@pytest.mark.parametrize("seed", ["1", "2"])
def test_nothing_is_stale_whatever_the_order_of_sets(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.contracts", "--check"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_stale_missing_or_too_much_is_named(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("right", "old", "gone"):
        (tmp_path / f"events/{name}").write_text(name)
    contents = {"events/right": "right", "events/old": "new", "topics.md": "missing"}

    assert command.stale(contents, tmp_path) == ["events/gone", "events/old", "topics.md"]

    for name in command.stale(contents, tmp_path):
        command.write(name, contents, folder=tmp_path)
    assert command.stale(contents, tmp_path) == []


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_an_example_that_was_recorded_stays_as_it_is(change: str, tmp_path: Path) -> None:
    (tmp_path / "call.json").write_text("{}")
    (tmp_path / "SHA256SUMS").write_text("")
    (tmp_path / "SHA256SUMS").write_text(examples.files(tmp_path)[examples.SUMS])
    (tmp_path / "call.json").unlink()
    if change == "edited":
        (tmp_path / "call.json").write_text("{ }")

    with pytest.raises(SystemExit, match=r"call\.json"):
        examples.files(tmp_path)


def test_every_topic_and_who_writes_it_is_in_the_reference() -> None:
    text = (CONTRACTS / "topics.md").read_text()
    writers = {
        (grant.who, grant.name)
        for grant in grants()
        if grant.kind is Kind.TOPIC and Operation.WRITE in grant.operations
    }
    for topic in TOPICS:
        assert f"| `{topic.name}` |" in text
        for name in topic.types:
            assert f"events/{name}.schema.json" in text
        of_topic = {who for who, what in writers if what == topic.name}
        assert of_topic == set(topic.writers)
