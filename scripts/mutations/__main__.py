"""`make mutations`: each line by itself in a copy of this tree, with the tests that must notice.

`python -m scripts.mutations [WORD...]`: only those whose promise or file has one of the words.
Ends with 1 when one survives. First all the tests run once on what is there: they must pass; with
`--passed` they just did, as after `make test`, and that is left out.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.mutations.mutation import Mutation
from scripts.mutations.table import MUTATIONS

ROOT = Path(__file__).parents[2]
LONGEST = 600.0  # seconds; a mutation that makes a test hang is noticed, too
FAILED = 1  # what pytest ends with; anything else says that it could not run the tests


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="only these")
    parser.add_argument("--passed", action="store_true", help="the tests are known to pass")
    given = parser.parse_args()
    words = given.words
    chosen = [one for one in MUTATIONS if not words or any(_has(one, word) for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = Path(folder)
        _copy(tree)
        every = sorted({test for one in chosen for test in one.tests})
        if not given.passed and (status := _tests(tree, every, show=True, longest=None)):
            _say(f"the tests themselves end with {status}")
            return 2
        survived = [one for one in chosen if not _is_killed(tree, one)]
    _say(f"{len(chosen) - len(survived)} killed, {len(survived)} survived")
    return 1 if survived else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - that is what it is for


def _has(one: Mutation, word: str) -> bool:
    return word in one.promise or word in one.file


def _copy(tree: Path) -> None:
    """What git knows, as it is now."""
    names = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _is_killed(tree: Path, one: Mutation) -> bool:
    """A mutation that cannot be imported would be killed by anything: that is an error."""
    path = tree / one.file
    text = path.read_text()
    path.write_text(mutated(text, one))
    compile(path.read_text(), one.file, "exec")
    began = time.monotonic()
    try:
        status = _tests(tree, one.tests)
    finally:
        path.write_text(text)
    if status not in (0, FAILED):
        raise SystemExit(f"{one.promise}: the tests end with {status}")
    word = "killed  " if status else "SURVIVED"
    _say(f"{word} {time.monotonic() - began:5.1f} s  {one.promise} ({one.file})")
    return bool(status)


def mutated(text: str, one: Mutation) -> str:
    """Raises `ValueError` unless its line is there exactly once."""
    if (times := text.count(one.line)) != 1:
        raise ValueError(f"{one.file} has {times} times {one.line!r}")
    return text.replace(one.line, one.becomes)


def _tests(
    tree: Path, tests: Sequence[str], *, show: bool = False, longest: float | None = LONGEST
) -> int:
    """pytest's exit status; a run that takes too long has failed."""
    command = [sys.executable, "-m", "pytest", "-q", *([] if show else ["-x"]), *tests]
    out = None if show else subprocess.DEVNULL
    try:
        return subprocess.run(  # noqa: S603 - our own words
            command, cwd=tree, env=_environment(tree), stdout=out, timeout=longest
        ).returncode
    except subprocess.TimeoutExpired:
        return FAILED


def _environment(tree: Path) -> Mapping[str, str]:
    """Ours, with the code of the copy before that which is installed."""
    sources = [str(path) for path in sorted(tree.glob("*/src")) + sorted(tree.glob("*/*/src"))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    sys.exit(main())
