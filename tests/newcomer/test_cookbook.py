"""The cookbook runs as it stands, before a real platform, and its types are right."""

import asyncio
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aftercall.keys import first_key
from aftercall.platform import platform
from aftercall.port import listen
from aftercall_client import Aftercall, orchestrator
from common.process.settings import CommonSettings

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "docs/cookbook.md").read_text(), re.MULTILINE | re.DOTALL
)
CONFIGURATION: Any = {
    "workspaces": [{"id": "acme", "name": "Acme"}],
    "surveys": [
        {
            "id": "csat",
            "metric": "csat",
            "questions": [
                {"id": "q", "kind": "rating", "scale": [1, 5], "text": {"en": "1 to 5? STOP ends"}}
            ],
        }
    ],
    "flows": [{"id": "after-calls", "survey": "csat", "enabled": False}],
}
SCOPES: Any = ["events:write", "read", "consent:write", "config:write", "privacy", "admin"]


async def test_every_recipe_does_what_it_says(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = CommonSettings.model_validate(
        {
            "database_url": database_url,
            "contact_pepper": "the pepper of the tests",
            "public_url": "http://127.0.0.1:1",
            "log_level": "ERROR",
        }
    )
    monkeypatch.chdir(tmp_path)
    async with platform(settings, listen(0)) as running:
        first = await first_key(running.runtime.db) or ""

        def cook() -> tuple[str, dict[str, Any]]:
            with Aftercall(running.url, first) as operator:
                operator.send(orchestrator.put_config(CONFIGURATION))
                made = operator.send(
                    orchestrator.post_key({"name": "cook", "scopes": SCOPES, "workspace": "acme"})
                )
            monkeypatch.setitem(os.environ, "AFTERCALL_URL", running.url)
            monkeypatch.setitem(os.environ, "AFTERCALL_KEY", made["key"])
            kitchen: dict[str, Any] = {}
            with contextlib.redirect_stdout(io.StringIO()) as said:
                for block in BLOCKS:
                    exec(compile(block, "docs/cookbook.md", "exec"), kitchen)
            kitchen["aftercall"].close()
            return said.getvalue(), kitchen

        said, kitchen = await asyncio.to_thread(cook)
    assert kitchen["found"]["verdict"] == "skip"
    assert kitchen["found"]["words"] in said
    assert re.search(r"^20\S+ billing \w+$", said, re.MULTILINE)  # the call, and why not
    assert "billing" in (tmp_path / "calls.csv").read_text()
    assert kitchen["since"] > "2026"
    assert kitchen["erasure"]["done_at"]
    assert "invalid" not in said
    assert len(BLOCKS) == 12


def test_its_types_are_right(tmp_path: Path) -> None:
    file = tmp_path / "cookbook.py"
    file.write_text("\n".join(BLOCKS))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", file],
        env={**os.environ, "MYPYPATH": str(ROOT / "libs/client/src")},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert checked.returncode == 0, checked.stdout
