"""`python -m tests.newcomer`: a bare copy, another OS user, a path with a space; README as typed.

Prints what each step took. As root it becomes `nobody`, unless it is to `--stay`; else it stays who
it is. `--python` names the interpreter to set up with (one that this user may run).
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.newcomer.reading import blocks, commands

ROOT = Path(__file__).parents[2]
NOBODY = 65534
SECTIONS = ("Use it", "Point a PBX at it", "Ask it")
PATIENCE = 900  # seconds for one command
UP = "Ctrl-C ends it."


class Terminal:
    """A shell of somebody: what they export stays."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, becomes: bool) -> None:
        self.folder = folder
        self.becomes = becomes
        self.environment = dict(environment)
        self.up: subprocess.Popen[str] | None = None

    def types(self, command: str) -> None:
        """Raises `SystemExit` where it fails."""
        began = time.monotonic()
        if command.startswith("export "):
            self._exports(command)
        elif command.startswith("make up"):
            self._starts(command)
        else:
            done = subprocess.run(command, shell=True, text=True, timeout=PATIENCE, **self.who())
            if done.returncode:
                raise SystemExit(f"{command}: ended with {done.returncode}")
        say(f"{time.monotonic() - began:6.1f} s  {command.splitlines()[0][:90]}")

    def who(self) -> Mapping[str, Any]:
        """As whom, where, with what."""
        told = {"cwd": self.folder, "env": self.environment, "umask": 0o077}
        if self.becomes:
            told |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return told

    def _exports(self, command: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", command):
            if value != "ac_...":  # that one was printed
                self.environment[name] = value

    def _starts(self, command: str) -> None:
        """In the terminal beside this one."""
        self.up = subprocess.Popen(
            command,
            shell=True,
            text=True,
            stdout=subprocess.PIPE,
            start_new_session=True,
            **self.who(),
        )
        assert self.up.stdout is not None
        for line in self.up.stdout:
            if key := re.search(r"AFTERCALL_KEY=(ac_\S+)", line):
                self.environment["AFTERCALL_KEY"] = key[1]
            if UP in line:
                return
        raise SystemExit(f"{command}: ended with {self.up.wait()}")

    def leaves(self) -> None:
        if self.up is not None and self.up.poll() is None:
            os.killpg(self.up.pid, signal.SIGINT)  # as Ctrl-C does: to all of that terminal
            self.up.wait(60)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def bare_copy(*, becomes: bool) -> Iterator[Path]:
    """What a clone would have, in a path with a space and a name in another script."""
    with tempfile.TemporaryDirectory(prefix="новичок ") as above:
        folder = Path(above) / "after call"
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place)
        if becomes:
            Path(above).chmod(0o711)
            for one in (folder, *folder.rglob("*")):
                os.chown(one, NOBODY, NOBODY)
        yield folder


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.newcomer", description=__doc__)
    parser.add_argument("--python", default="python3")
    parser.add_argument("--stay", action="store_true")
    told = parser.parse_args()
    becomes = os.geteuid() == 0 and not told.stay
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("AFTERCALL_", "VIRTUAL_"))}
    kept["PYTHON"] = told.python
    with bare_copy(becomes=becomes) as folder:
        terminal = Terminal(folder, {**kept, "HOME": str(folder)}, becomes=becomes)
        try:
            terminal.types("make setup")
            for block in blocks(ROOT / "README.md", SECTIONS):
                for command in commands(block):
                    terminal.types(command)
        finally:
            terminal.leaves()
    say("everything that was typed worked")


if __name__ == "__main__":
    main()
