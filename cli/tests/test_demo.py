"""The demo ends by itself and tells the truth; so does the embedded platform that it runs on."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aftercall.demo.world import WORKSPACE, World, world
from aftercall.keys import first_key
from aftercall.platform import Platform, platform
from aftercall.port import listen
from aftercall.settings import settings_for
from sandbox.pbx.scenario import Scenario
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
    async with _demo(tmp_path) as demo:
        scenario = await demo.configured()
        await demo.outside.calls_end(scenario, demo.up.url, demo.key, progress=lambda played: None)
        funnel = await demo.at_rest()
        scores = (await demo.call("GET", "/v1/scores"))["scores"]
        truth = recompute(demo.outside.carrier.ledger)

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
    async with _demo(tmp_path) as demo:
        await demo.configured()
        reasons = [await demo.typed(command) for command in TYPED]

    assert len(reasons) == 5
    assert set(reasons) <= {None, "sampled_out"}


@dataclass(frozen=True, slots=True)
class _Demo:
    up: Platform
    outside: World
    key: str

    async def configured(self) -> Scenario:
        await self.call("PUT", "/v1/config", json=self.outside.configuration())
        scenario = self.outside.scenario()
        no = [{"address": n, "channel": "all", "state": "withdrawn"} for n in scenario.opted_out]
        await self.call("POST", "/v1/consent/import", json=no)
        return scenario

    async def at_rest(self) -> dict[str, Any]:
        """The funnel, once all calls are in it and nothing moves any more."""
        loop = asyncio.get_running_loop()
        before, since = None, loop.time()
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.outside.carrier.settled()
                funnel: dict[str, Any] = (await self.call("GET", "/v1/funnel"))["funnel"]
                now = funnel, len(self.outside.carrier.ledger)
                if now != before or funnel["calls"] < CALLS:
                    before, since = now, loop.time()
                elif loop.time() - since > STILL:
                    return funnel
                await asyncio.sleep(0.1)

    async def typed(self, command: str) -> str | None:
        """Posts a call as a newcomer does; why it was not asked about."""
        shell = await asyncio.create_subprocess_shell(
            command.replace("curl ", "curl --silent --show-error "),
            cwd=ROOT,
            env={
                **os.environ,
                "AFTERCALL_URL": self.up.url,
                "AFTERCALL_KEY": self.key,
                "AFTERCALL_SECRET": self.outside.source_secret,
            },
            stdout=asyncio.subprocess.PIPE,
        )
        answer, _ = await shell.communicate()
        path = f"/v1/decisions/{json.loads(answer)['interaction_id']}"
        async with asyncio.timeout(PATIENCE):
            while (decision := await self.found(path)) is None:  # noqa: ASYNC110 - polled as anybody must
                await asyncio.sleep(0.05)
        reason: str | None = decision["reason"]
        return reason

    async def found(self, path: str) -> Any:
        answer = await self.up.runtime.http.get(
            f"{self.up.url}{path}",
            params={"workspace": WORKSPACE},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        return answer.json() if answer.is_success else None

    async def call(self, method: str, path: str, *, json: Any = None) -> Any:
        answer = await self.up.runtime.http.request(
            method,
            f"{self.up.url}{path}",
            params={"workspace": WORKSPACE},
            json=json,
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[_Demo]:
    """The embedded platform in this process, with a PBX, a carrier and callers around it."""
    sock = listen(0)
    port = sock.getsockname()[1]
    with settings_for(folder, port, log_level="ERROR") as settings:
        async with (
            platform(settings, sock) as up,
            world(calls=CALLS, seed=3, rate=40.0, public_url=settings.public_url) as outside,
        ):
            yield _Demo(up, outside, await first_key(up.runtime.db) or "")
