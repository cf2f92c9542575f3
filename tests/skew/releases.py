"""The code of the commit before, from the history, beside the code that is here."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.stack import HOST, PORT, THIS, Release

ROOT = Path(__file__).resolve().parents[2]
BASE = "AFTERCALL_SKEW_BASE"  # a commit to take instead
SINCE = "tests/skew/SINCE"  # older commits need not run beside this one
_LOOK = f"""
import json
from deploy import table
print(json.dumps({{
    "jobs": {{job.name: list(job.command) for job in table.JOBS}},
    "services": {{s.name: s.command(host={HOST!r}, port={PORT}) for s in table.SERVICES}},
    "internal": hasattr(table, "INTERNAL_PORT"),
}}))
"""


@dataclass(frozen=True, slots=True)
class Before:
    """`commit` None: there is none, and `why` says so."""

    commit: str | None
    why: str


def before(root: Path = ROOT) -> Before:
    """The commit that the code in `root` has to run beside."""
    if named := os.environ.get(BASE):
        found = _git(root, "rev-parse", "--verify", f"{named}^{{commit}}")
        assert found, f"{BASE} names no commit of this history: {named}"
        return Before(found, f"named by {BASE}")
    if not shutil.which("git") or not (root / ".git").exists():
        return Before(None, "there is no history here")
    if _git(root, "rev-parse", "--verify", "--quiet", f"HEAD~1:{SINCE}"):
        return Before(_git(root, "rev-parse", "HEAD~1"), "the commit before")
    added = ("log", "--first-parent", "--diff-filter=A", "--format=%H", "--", SINCE)
    if first := (_git(root, *added) or "").split():
        return Before(first[-1], f"the first with {SINCE}")
    return Before(None, f"no commit has {SINCE} yet")


def release_of(commit: str, folder: Path) -> Release:
    """Its files in `folder`, run with the libraries that are installed here."""
    archive = folder / "before.tar"
    with archive.open("wb") as out:
        subprocess.run(["git", "archive", commit], cwd=ROOT, stdout=out, check=True)
    code = folder / "before"
    code.mkdir()
    shutil.unpack_archive(archive, code, filter="data")
    archive.unlink()
    sources = [*code.glob("libs/*/src"), *code.glob("services/*/src"), code / "cli/src"]
    path = os.pathsep.join(map(str, sorted(sources)))  # before what is installed to be edited
    told = subprocess.run(
        [sys.executable, "-c", _LOOK],
        cwd=code,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(code), path])},
        capture_output=True,
        text=True,
        check=True,
    )
    commands = json.loads(told.stdout)
    return Release(
        name=commit[:10],
        jobs=commands["jobs"],
        services=commands["services"],
        internal=commands["internal"],
        environment={"PYTHONPATH": path},
    )


def other_requirements(code: Path) -> list[str]:
    """Pinned files that differ: then the older code runs with newer libraries."""
    return [
        path.name
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        if not (there := code / "requirements" / path.name).exists()
        or there.read_text() != path.read_text()
    ]


def both(folder: Path) -> tuple[Release, str]:
    """The older release (this one where there is none), and in words what runs beside what."""
    found = before()
    if found.commit is None:
        return THIS, f"this code beside itself: {found.why}"
    release = release_of(found.commit, folder)
    others = other_requirements(folder / "before")
    libraries = f"; with newer libraries: {', '.join(others)}" if others else ""
    return release, f"this code beside {release.name}, {found.why}{libraries}"


def _git(root: Path, *arguments: str) -> str | None:
    """What it prints; None when it fails."""
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None
