"""The PostgreSQL of a data folder, at whatever moment somebody presses Ctrl-C."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aftercall import postgres as module
from aftercall.postgres import postgres

pytestmark = pytest.mark.integration


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_who_is_interrupted_while_it_starts_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres(tmp_path):
        pass  # it is made
    started: list[int] = []
    looked: list[int] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            started.append(self.pid)

    def interrupted(_: object) -> bool:
        if started and not looked:
            looked.append(1)
            raise KeyboardInterrupt
        return False

    monkeypatch.setattr(module.subprocess, "Popen", Watched)
    monkeypatch.setattr(module._Server, "_answers", interrupted)

    with pytest.raises(KeyboardInterrupt), postgres(tmp_path):
        raise AssertionError("it is up")

    assert len(started) == 1
    assert not _is_alive(started[0])
    assert not (tmp_path / "postgres/postmaster.pid").exists()
