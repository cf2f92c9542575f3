"""What the Dockerfile does, done here: its own commands, in folders of the test."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from common.testing.ports import free_port
from deploy import table
from deploy.__main__ import ROOT
from scripts.lock import PACKAGES
from tests.e2e.stack import PEPPER, Process
from tests.e2e.world import new_database

BUILD_TOOLS = ("pip", "setuptools", "hatchling", "wheel", "uv")
# All images when asked for; one is enough to see that the commands are right.
IMAGES = (os.environ.get("AFTERCALL_TEST_IMAGES") or "sms-sender").split(",")


def stages() -> list[list[tuple[str, str]]]:
    """Instructions of each, continued lines put together."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_linter_finds_nothing() -> None:
    hadolint = str(Path(sys.executable).with_name("hadolint"))
    run = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_the_image_runs_as_nobody_and_takes_only_the_environment_from_the_build() -> None:
    build, final = (dict(stage) for stage in stages())
    assert final["USER"] == "10001:10001"
    assert final["COPY"] == "--from=build /app /app"  # the only one
    assert [word for word, _ in stages()[1]].count("COPY") == 1
    assert build["FROM"].partition(" ")[0] == final["FROM"]
    assert "pip uninstall" in final["RUN"]


@pytest.mark.parametrize("image", IMAGES)
async def test_an_environment_made_so_runs_its_service_and_has_no_build_tool(
    image: str, kafka_servers: str, postgres_url: str, tmp_path: Path
) -> None:
    python = _built(image, tmp_path)
    for tool in BUILD_TOOLS:
        assert _says(python, f"import {tool}") != 0, tool

    if image == table.OPERATOR:
        assert _says(python, "import aftercall.main") == 0
    elif image == table.SANDBOX:
        assert _says(python, "import sandbox.__main__") == 0
    else:
        environment = {
            "PATH": os.environ["PATH"],
            "AFTERCALL_DATABASE_URL": await new_database(postgres_url),
            "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": kafka_servers,
            "AFTERCALL_KAFKA_NAMESPACE": f"i{uuid4().hex[:12]}.",
            "AFTERCALL_CONTACT_PEPPER": PEPPER,
        }
        process = Process(image, free_port(), tmp_path / "log", environment, programs=python.parent)
        process.start()
        try:
            await process.ready()
        finally:
            await process.stop()


def _built(image: str, folder: Path) -> Path:
    """The environment's Python. Absolute folders of the Dockerfile become the test's."""
    arguments = {"SERVICE": image, "PACKAGE": PACKAGES[image]}
    source = folder / "src"
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **arguments}
    environment |= {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
    for word, rest in stages()[0]:
        if word == "COPY":
            _copied(*rest.split(), source=source)
        elif word == "RUN":
            command = re.sub(r"(?<=[ =])/(build|app|wheels)\b", rf"{folder}/\1", f" {rest}")
            command = command.replace(" --no-cache-dir", "")  # the test's is kept
            run = subprocess.run(
                ["sh", "-ec", command],
                cwd=source,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return folder / "app" / "bin" / "python"


def _copied(origin: str, to: str, *, source: Path) -> None:
    """As .dockerignore lets it through."""
    unwanted = shutil.ignore_patterns("tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT / origin, source / to, ignore=unwanted)


def _says(python: Path, code: str) -> int:
    return subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode
