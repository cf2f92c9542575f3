"""What no line of this repository does."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.topics import TOPICS

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    if name
]
OURS = [
    path
    for path in TRACKED
    if path.suffix == ".py" and "src" in path.parts and "tests" not in path.parts
]
CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "marshal", "shelve", "dill"}
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bxox[abprs]-[0-9A-Za-z-]{20,}|\bsk_live_[0-9A-Za-z]{20,}|\bEAA[A-Za-z0-9]{60,}"
    r"|\bAIza[0-9A-Za-z_-]{35}\b"
)
KEPT = ("consent_ledger", "config.changes")  # what was said, and who changed what


def _does(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_nothing_is_run_that_was_sent() -> None:
    assert len(OURS) > 300
    found = [(path, what) for path in OURS for what in _does(path) if what in CALLS | MODULES]

    assert found == []


def test_no_secret_is_in_a_file() -> None:
    texts = ((path, path.read_text(errors="replace")) for path in TRACKED if path.is_file())

    assert [(path, match[0]) for path, text in texts for match in SECRETS.finditer(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "A" * 16,
        "-----BEGIN EC PRIVATE" + " KEY-----\n",
        "ghp" + "_" + "a" * 36,
    ],
)
def test_a_secret_would_be_found(text: str) -> None:
    assert SECRETS.search(text)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda f: f.stem
)
def test_what_is_installed_is_pinned_by_its_contents(file: Path) -> None:
    names = re.split(r"\n(?=\S)", file.read_text().strip())

    assert names
    for name in names:
        assert re.match(r"[a-z0-9._-]+==\S+", name), name
        assert "--hash=sha256:" in name, name
        assert "://" not in name, name


def test_what_was_said_and_who_changed_what_is_never_rewritten() -> None:
    rewritten = re.compile(
        r"\b(update|delete\s+from|truncate(\s+table)?)\s+(only\s+)?(\w+\.)?"
        rf"({'|'.join(name.rpartition('.')[2] for name in KEPT)})\b",
        re.IGNORECASE,
    )
    forgets = "update orchestrator.consent_ledger set evidence = ''"  # who is erased, in words
    others = "analytics.changes"  # when each answer changed last: nobody said it
    texts = [
        (p, p.read_text().replace(forgets, "").replace(others, ""))
        for p in TRACKED
        if p in OURS or p.suffix == ".sql"
    ]

    assert any("insert into orchestrator.consent_ledger" in text for _, text in texts)
    assert [(path, match[0]) for path, text in texts for match in rewritten.finditer(text)] == []


def test_no_topic_with_people_in_it_is_kept_longer_than_four_weeks() -> None:
    assert max(topic.retention_days for topic in TOPICS) <= 28
    assert {t.name for t in TOPICS if t.retention_days > 7} == {"aftercall.interactions"}
