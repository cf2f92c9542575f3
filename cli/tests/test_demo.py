"""The demo ends by itself and tells the truth; so does the embedded platform that it runs on."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aftercall.demo.stage import Stage, stage
from aftercall.port import listen
from aftercall.settings import settings_for
from sandbox.truth import recompute

pytestmark = pytest.mark.e2e  # whose logging is for the whole process
AFTERCALL = Path(sys.executable).with_name("aftercall")
CALLS = 60  # of the smaller run
STILL = 1.5  # seconds without a change, after which all that will happen has happened
PATIENCE = 120.0  # seconds

ROOT = Path(__file__).parents[2]
TYPED = re.findall(
    r"^sh examples/calls/\S+ +\| curl(?:.*\\\n)?.*$", (ROOT / "README.md").read_text(), re.MULTILINE
)


def test_the_demo_ends_by_itself_and_writes_what_it_told(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    command = [AFTERCALL, "demo", "--exit", "--json", file]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    told = json.loads(file.read_text())
    assert told.keys() == {
        *("calls", "asked", "not_asked", "sent", "delivered", "answered"),
        *("scores", "first_text_seconds", "pss_mb"),
    }
    assert told["calls"] == 200 == told["asked"] + sum(told["not_asked"].values())
    assert {"frequency_cap", "not_connected", "opted_out"} <= told["not_asked"].keys()
    assert 0 < told["answered"] < told["delivered"] <= told["sent"] <= told["asked"]
    assert told["scores"].keys() == {"nps", "csat", "ces"}
    for score in told["scores"].values():
        assert score.keys() == {"value", "low", "high", "n"}
        assert score["low"] <= score["value"] <= score["high"]
    assert sum(score["n"] for score in told["scores"].values()) == told["answered"]
    assert told["first_text_seconds"] > 0
    assert 0 < told["pss_mb"] < 500
    for word in ("What became of the calls", "NPS", "CSAT", "CES", "By queue", "By agent"):
        assert word in ended.stdout
    print(f"\ndemo: {json.dumps(told)}")  # noqa: T201 - shown with -s


async def test_the_embedded_platform_tells_what_the_ledger_knows(tmp_path: Path) -> None:
    async with _staged(tmp_path) as on:
        scenario = await on.configure()
        await on.outside.calls_end(scenario, on.up.url, on.key, progress=lambda played: None)
        funnel = await _at_rest(on)
        scores = (await on.call("GET", "/v1/scores"))["scores"]
        truth = recompute(on.outside.carrier.ledger)

    assert funnel["calls"] == truth.calls == CALLS
    assert funnel["asked"] + sum(funnel["not_asked"].values()) == CALLS
    # Who calls again before the text went out is asked about the newer call alone.
    assert funnel["asked"] - funnel["cancelled"] == truth.asked
    assert (funnel["sent"], funnel["delivered"]) == (truth.sent, truth.delivered)
    assert funnel["answered"] == truth.answered > 0
    values = {"nps": truth.nps, "csat": truth.csat, "ces": truth.ces}
    assert {s["metric"]: (s["n"], s["value"]) for s in scores if s["n"]} == {
        metric: (len(given), pytest.approx(values[metric]))
        for metric, given in truth.scores.items()
    }


async def test_calls_sent_as_the_readme_says_are_decided(tmp_path: Path) -> None:
    async with _staged(tmp_path) as on:
        await on.configure()
        reasons = [await _typed(on, command) for command in TYPED]

    assert len(reasons) == 5
    assert set(reasons) <= {None, "sampled_out"}


async def _at_rest(on: Stage) -> dict[str, Any]:
    """The funnel, once all calls are in it and nothing moves any more."""
    loop = asyncio.get_running_loop()
    before, since = None, loop.time()
    async with asyncio.timeout(PATIENCE):
        while True:
            await on.outside.carrier.settled()
            funnel: dict[str, Any] = (await on.call("GET", "/v1/funnel"))["funnel"]
            now = funnel, len(on.outside.carrier.ledger)
            if now != before or funnel["calls"] < CALLS:
                before, since = now, loop.time()
            elif loop.time() - since > STILL:
                return funnel
            await asyncio.sleep(0.1)


async def _typed(on: Stage, command: str) -> str | None:
    """Posts a call as a newcomer does; why it was not asked about."""
    shell = await asyncio.create_subprocess_shell(
        command.replace("curl ", "curl --silent --show-error "),
        cwd=ROOT,
        env={
            **os.environ,
            "AFTERCALL_URL": on.up.url,
            "AFTERCALL_KEY": on.key,
            "AFTERCALL_SECRET": on.outside.source_secret,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await shell.communicate()
    path = f"/v1/decisions/{json.loads(answer)['interaction_id']}"
    async with asyncio.timeout(PATIENCE):
        while (decision := await _found(on, path)) is None:  # noqa: ASYNC110 - polled as anybody must
            await asyncio.sleep(0.05)
    reason: str | None = decision["reason"]
    return reason


async def _found(on: Stage, path: str) -> Any:
    try:
        return await on.call("GET", path)
    except RuntimeError:
        return None


@asynccontextmanager
async def _staged(folder: Path) -> AsyncIterator[Stage]:
    """The embedded platform in this process, with a PBX, a carrier and callers around it."""
    sock = listen(0)
    with settings_for(folder, sock.getsockname()[1], log_level="ERROR") as settings:
        async with stage(settings, sock, calls=CALLS, seed=3) as on:
            yield on
