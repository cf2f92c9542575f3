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

import httpx

NOBODY = 65534
PATIENCE = 900  # seconds for one command
STARTING = 60  # seconds until what goes on can be used
UP = "Ctrl-C ends it."
GATEWAY = "http://127.0.0.1:8080/healthz"
_UP = re.compile(r"(make|\S*aftercall) up\b")
_SERVICE = re.compile(r"AFTERCALL_INTERNAL_PORT=(\d+) \S+ -m common\.process ")
_GATEWAY = re.compile(r"(.* && )?nginx ")


class Terminal:
    """A shell of somebody: what they export stays. What goes on until Ctrl-C is beside it.

    `knows`: variable -> what they write where a page has the value of an example.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *, becomes: bool) -> None:
        self.folder = folder
        self.becomes = becomes
        self.environment = dict(environment)
        self.knows: Mapping[str, str] = {}
        self.beside: list[subprocess.Popen[str]] = []
        self.phone = ""  # where the one in the browser is, in a sandbox

    def types(self, command: str) -> None:
        """Raises `SystemExit` where it fails."""
        began = time.monotonic()
        if command.startswith("export "):
            self._exports(command)
        elif command == "Ctrl-C":
            self.leaves()
        elif _UP.match(command):
            self._is_up(command)
        elif service := _SERVICE.match(command):
            self._answers(command, f"http://127.0.0.1:{service[1]}/readyz")
        elif _GATEWAY.match(command):
            self._answers(command, GATEWAY)
        else:
            self._runs(command)
        say(f"{time.monotonic() - began:6.1f} s  {command.splitlines()[0][:90]}")

    def _runs(self, command: str) -> None:
        """At a terminal: what asks whether to go on is told yes."""
        ours, theirs = os.openpty()
        try:
            os.write(ours, b"y\n")
            done = subprocess.run(
                command,
                shell=True,
                stdin=theirs,
                stdout=subprocess.PIPE,
                text=True,
                timeout=PATIENCE,
                **self.who(),
            )
        finally:
            os.close(ours)
            os.close(theirs)
        if done.stdout:
            say(done.stdout.rstrip())
        if done.returncode:
            raise SystemExit(f"{command}: ended with {done.returncode}")
        if key := re.search(r"^ac_\S+$", done.stdout, re.MULTILINE):
            self.environment["AFTERCALL_KEY"] = key[0]

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
                self.environment[name] = self.knows.get(name, value)

    def _starts(self, command: str, **more: Any) -> "subprocess.Popen[str]":
        """In a terminal beside this one, with the variables of this one."""
        started = subprocess.Popen(
            command, shell=True, text=True, start_new_session=True, **more, **self.who()
        )
        self.beside.append(started)
        return started

    def _is_up(self, command: str) -> None:
        started = self._starts(command, stdout=subprocess.PIPE)
        assert started.stdout is not None
        for line in started.stdout:
            if key := re.search(r"AFTERCALL_KEY=(ac_\S+)", line):
                self.environment["AFTERCALL_KEY"] = key[1]
            if phone := re.fullmatch(r" +(http://127\.0\.0\.1:\d+)\n", line):
                self.phone = phone[1]
            if UP in line:
                return
        raise SystemExit(f"{command}: ended with {started.wait()}")

    def _answers(self, command: str, address: str) -> None:
        """Raises `SystemExit` where nobody says there that it is ready."""
        started = self._starts(command)
        ends = time.monotonic() + STARTING
        while time.monotonic() < ends:
            if started.poll() is not None:
                raise SystemExit(f"{command}: ended with {started.returncode}")
            try:
                if httpx.get(address, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"{command}: not ready within {STARTING} seconds")

    def leaves(self) -> None:
        """Ctrl-C in every terminal beside this one: it is to all that runs there."""
        going = [one for one in self.beside if one.poll() is None]
        for one in going:
            os.killpg(one.pid, signal.SIGINT)
        for one in going:
            one.wait(60)
        self.beside = []


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
