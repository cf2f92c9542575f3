"""Tools and documents that several tests read."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.testing.gotools import COMPOSE, KUSTOMIZE, built

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = ("small", "production")
Objects = list[dict[str, Any]]


@pytest.fixture(scope="session")
def overlays() -> dict[str, Objects]:
    """What `kustomize build` prints for each."""
    return {name: kustomized(K8S / "overlays" / name) for name in OVERLAYS}


def kustomized(folder: Path) -> Objects:
    program = built(*KUSTOMIZE)
    run = subprocess.run([program, "build", folder], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert not run.stderr, run.stderr  # it warns there
    return [one for one in yaml.safe_load_all(run.stdout) if one]


Load = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Loads the text of a compose file as Docker would, and prints JSON."""
    program = built(*COMPOSE)
    file = tmp_path_factory.mktemp("compose") / "docker-compose.yml"

    def run(text: str) -> "subprocess.CompletedProcess[str]":
        file.write_text(text)
        return subprocess.run(
            [program, "-format", "json", file],
            cwd=ROOT,  # what paths are relative to
            env={"COMPOSE_PROFILES": "*"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def secured(load: Load) -> dict[str, Any]:
    """docker-compose.secured.yml alone."""
    loaded = load(text_of("docker-compose.secured.yml"))
    assert loaded.returncode == 0, loaded.stderr
    document: dict[str, Any] = json.loads(loaded.stdout)
    return document


@pytest.fixture(scope="session", params=["docker-compose.yml", "docker-compose.secured.yml"])
def compose_text(request: pytest.FixtureRequest) -> str:
    return text_of(request.param)


def text_of(file: str) -> str:
    """Of a compose file, with what `.env.example` and defaults say put in."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")

    def value(match: "re.Match[str]") -> str:
        name, rule, default = match["name"], match["rule"], match["default"]
        assert rule == "-" or name in values, f"{name} must be in .env.example"
        return values.get(name, default)

    text = (ROOT / file).read_text("utf-8")
    return re.sub(r"\$\{(?P<name>\w+):(?P<rule>[-?])(?P<default>[^}]*)\}", value, text)


@pytest.fixture(scope="session")
def compose(load: Load, compose_text: str) -> dict[str, Any]:
    loaded = load(compose_text)
    assert loaded.returncode == 0, loaded.stderr
    document: dict[str, Any] = json.loads(loaded.stdout)
    return document
