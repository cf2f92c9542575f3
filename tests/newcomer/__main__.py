"""`python -m tests.newcomer`: a bare copy, another OS user, a path with a space; pages as typed.

First `docs/first-day.md`, from nothing to an answer on one's own flow, by the clock; then the
README and the other pages (`chapters.py`), at the end on a real Kafka and a real PostgreSQL that
it starts (Java, Maven and nginx are needed), with a process for each service. Prints what each
step took. As root it becomes `nobody`, unless it is to `--stay`; else it stays who it is.
`--python` names the interpreter to set up with (one that this user may run).
"""

import argparse
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from common.testing.kafka import Broker
from common.testing.ports import free_port
from common.testing.postgres import Server
from tests.newcomer.chapters import CHAPTERS, FIRST_DAY, FOR_REAL, Chapter
from tests.newcomer.person import Person
from tests.newcomer.reading import blocks, commands
from tests.newcomer.terminal import NOBODY, Terminal, say

ROOT = Path(__file__).parents[2]
NEEDED = ("make", "curl", "nginx", "java", "mvn")
LONGEST = 600  # seconds from nothing to an answer of one's own
# What we are run with is none of a newcomer's: least of all `make newcomer ARGS=...`.
OURS = ("AFTERCALL_", "VIRTUAL_", "MAKE", "MFLAGS", "PYTHON", "ARGS")


def types(terminal: Terminal, page: Path, headings: Sequence[str]) -> None:
    for block in blocks(page, headings):
        for command in commands(block):
            terminal.types(command)


def reads_on(terminal: Terminal, chapters: Sequence[Chapter]) -> None:
    for chapter in chapters:
        say(f"--- {chapter.page}")
        for command in chapter.given:
            terminal.types(command)
        types(terminal, chapter.path, chapter.headings)
        for command in chapter.then:
            terminal.types(command)


def first_day(terminal: Terminal) -> None:
    """Raises `SystemExit` when it takes longer than it may."""
    began = time.monotonic()
    types(terminal, FIRST_DAY.path, FIRST_DAY.headings[:2])
    person = Person(terminal.phone)
    person.answers_by_text("billing", "4, but slow", "It took long")
    took = time.monotonic() - began
    say(f"{took:6.1f} s  from nothing to an answer on one's own flow")
    if took > LONGEST:
        raise SystemExit(f"that is more than {LONGEST} seconds")
    person.answers_by_telephone("sales", "2")
    person.answers_by_whatsapp("support", "5")
    say(f"{time.monotonic() - began:6.1f} s  and by telephone and WhatsApp, too")
    types(terminal, FIRST_DAY.path, FIRST_DAY.headings[2:])
    terminal.leaves()


@contextmanager
def data_center() -> Iterator[Mapping[str, str]]:
    """A Kafka and a PostgreSQL of somebody's: variable -> what they write for it."""
    with tempfile.TemporaryDirectory(prefix="aftercall-servers-") as above:
        Path(above).chmod(0o711)
        broker = Broker(Path(above) / "kafka")
        broker.folder.mkdir()
        port = free_port()
        reached = {"listen_addresses": "127.0.0.1", "port": str(port)}
        server = Server(Path(above) / "postgres", settings=reached)
        try:
            broker.start()
            server.start()
            yield {
                "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": broker.servers,
                "AFTERCALL_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/postgres",
                "AFTERCALL_CONTACT_PEPPER": secrets.token_urlsafe(32),
                "AFTERCALL_PUBLIC_URL": "http://127.0.0.1:8080",  # nobody else is to reach it
            }
        finally:
            server.stop()
            broker.stop()


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
        (folder / ".curlrc").write_text("fail-with-body\n")  # refused is failed
        yield folder


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.newcomer", description=__doc__)
    parser.add_argument("--python", default="python3")
    parser.add_argument("--stay", action="store_true")
    told = parser.parse_args()
    becomes = os.geteuid() == 0 and not told.stay
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        parser.error(f"needed on the PATH: {', '.join(missing)}")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(OURS)}
    kept["PYTHON"] = told.python
    with bare_copy(becomes=becomes) as folder:
        path = f"{folder / '.venv' / 'bin'}:{kept['PATH']}"  # pages leave the folder out
        there = {"HOME": str(folder), "PATH": path, "URL": "http://127.0.0.1:8080"}
        terminal = Terminal(folder, kept | there, becomes=becomes)
        try:
            first_day(terminal)
            reads_on(terminal, CHAPTERS)
            with data_center() as terminal.knows:
                reads_on(terminal, FOR_REAL)
        finally:
            terminal.leaves()
    say("everything that was typed worked")


if __name__ == "__main__":
    main()
