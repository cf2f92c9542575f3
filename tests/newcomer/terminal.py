"""A shell of somebody, in which what is typed is typed as it stands in a page."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOBODY = 65534
PATIENCE = 900  # seconds for one command
UP = "Ctrl-C ends it."


class Terminal:
    """A shell of somebody: what they export stays."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, becomes: bool) -> None:
        self.folder = folder
        self.becomes = becomes
        self.environment = dict(environment)
        self.up: subprocess.Popen[str] | None = None
        self.phone = ""  # where the one in the browser is, in a sandbox

    def types(self, command: str) -> None:
        """Raises `SystemExit` where it fails."""
        began = time.monotonic()
        if command.startswith("export "):
            self._exports(command)
        elif command == "Ctrl-C":
            self.leaves()
        elif command.startswith("make up"):
            self._starts(command)
        else:
            self._runs(command)
        say(f"{time.monotonic() - began:6.1f} s  {command.splitlines()[0][:90]}")

    def _runs(self, command: str) -> None:
        """At a terminal: what asks whether to go on is told yes."""
        ours, theirs = os.openpty()
        try:
            os.write(ours, b"y\n")
            done = subprocess.run(
                command, shell=True, stdin=theirs, text=True, timeout=PATIENCE, **self.who()
            )
        finally:
            os.close(ours)
            os.close(theirs)
        if done.returncode:
            raise SystemExit(f"{command}: ended with {done.returncode}")

    def who(self) -> Mapping[str, Any]:
        """As whom, where, with what."""
        told = {"cwd": self.folder, "env": self.environment, "umask": 0o077}
        if self.becomes:
            told |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return told

    def _exports(self, command: str) -> None:
        for name, value in re.findall(r"(\w+)=(\$\(.+\)|\S+)", command):
            if "$" in value:
                told = ["sh", "-c", f'printf %s "{value}"']
                value = subprocess.check_output(told, text=True, timeout=PATIENCE, **self.who())
                if not value:
                    raise SystemExit(f"{command}: there is no value")
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
            if phone := re.fullmatch(r" +(http://127\.0\.0\.1:\d+)\n", line):
                self.phone = phone[1]
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
