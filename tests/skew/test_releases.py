"""Which commit this code has to run beside."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.skew.releases import BASE, SINCE, Before, before


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, which has no mark."""
    monkeypatch.delenv(BASE, raising=False)
    run(tmp_path, "init", "--quiet")
    commit(tmp_path, "code.py")
    return tmp_path


def run(root: Path, *arguments: str) -> str:
    who = {f"GIT_{one}_{what}": "t@example.org" for one in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    ran = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def commit(root: Path, name: str) -> str:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{len(list(root.iterdir()))}")
    run(root, "add", "--all")
    run(root, "commit", "--quiet", "--message", name)
    return run(root, "rev-parse", "HEAD")


def test_without_history_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BASE, raising=False)

    assert before(tmp_path) == Before(None, "there is no history here")


def test_before_any_commit_has_the_mark_there_is_none(history: Path) -> None:
    commit(history, "more.py")

    assert before(history) == Before(None, f"no commit has {SINCE} yet")


def test_the_first_commit_with_the_mark_runs_beside_itself(history: Path) -> None:
    first = commit(history, SINCE)

    assert before(history) == Before(first, f"the first with {SINCE}")


def test_from_then_on_it_is_the_commit_before(history: Path) -> None:
    commit(history, SINCE)
    second = commit(history, "second.py")
    commit(history, "third.py")

    assert before(history) == Before(second, "the commit before")


def test_another_commit_can_be_named(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(history, "rev-parse", "HEAD")
    commit(history, SINCE)
    commit(history, "second.py")
    monkeypatch.setenv(BASE, "HEAD~2")

    assert before(history) == Before(first, f"named by {BASE}")
