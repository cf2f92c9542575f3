"""Runs the demo from the first second to the summary."""

import asyncio
import json
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import uvloop
from rich.console import Console

from aftercall.demo import memory, screen
from aftercall.demo.summary import Summary, groups, summarise
from aftercall.demo.world import WORKSPACE, World, world
from aftercall.keys import first_key
from aftercall.platform import Platform, platform
from aftercall.users import console_line
from common.process.settings import CommonSettings
from sandbox.ledger import CreateRequest
from sandbox.pbx.scenario import Scenario

_TRY = (
    'curl -H "Authorization: Bearer $AFTERCALL_KEY"'
    f' "$AFTERCALL_URL/v1/scores?workspace={WORKSPACE}&by=agent"',
    "sh examples/calls/aircall.sh |"
    ' curl -d @- "$AFTERCALL_URL/v1/sources/demo-aircall/calls?key=$AFTERCALL_SECRET"',
)
QUIET = 2.0  # seconds without any change after which all that will happen has happened
LONGEST = 300.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """`leave`: end after the summary. `json`: also write it there."""

    calls: int
    seed: int
    json: Path | None
    leave: bool
    rate: float = 40.0  # bodies a second


def run(options: DemoOptions, sock: socket.socket, *, data: Path, settings: CommonSettings) -> int:
    """The exit status. `data` is the folder of the embedded PostgreSQL."""
    return uvloop.run(_demo(options, sock, data=data, settings=settings))


async def _demo(
    options: DemoOptions, sock: socket.socket, *, data: Path, settings: CommonSettings
) -> int:
    console = Console()
    async with (
        platform(settings, sock) as up,
        world(
            calls=options.calls,
            seed=options.seed,
            rate=options.rate,
            public_url=settings.public_url,
        ) as outside,
    ):
        demo = _Demo(options, up, outside, data, await first_key(up.runtime.db) or "", console)
        work = asyncio.create_task(demo.play())
        stop = asyncio.create_task(up.stopped.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            console.print("stopped.")
            return 130
        stop.cancel()
        work.result()
        if not options.leave:
            console.print(f"\nThe platform stays up at [bold]{up.url}[/bold] until Ctrl-C.")
            console.print(
                f"  export AFTERCALL_URL={up.url} AFTERCALL_KEY={demo.key}"
                f" AFTERCALL_SECRET={outside.source_secret}",
                soft_wrap=True,
            )
            console.print("Another terminal asks it for scores, and sends it a call of its own:")
            for line in _TRY:
                console.print(f"  {line}", soft_wrap=True, highlight=False)
            await up.stopped.wait()
    return 0


@dataclass
class _Demo:
    options: DemoOptions
    up: Platform
    outside: World
    data: Path
    key: str
    console: Console
    pss: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    async def play(self) -> None:
        """Configures, lets the calls end, waits until nothing moves, sums up."""
        self.console.print(
            f"Aftercall is up at [bold]{self.up.url}[/bold]; {self.options.calls} calls end now."
        )
        self.console.print(await console_line(self.up), soft_wrap=True, highlight=False)
        scenario = await self._configure()
        with screen.Screen(self.console, self.options.calls) as bars:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(bars))
                await self.outside.calls_end(
                    scenario, self.up.url, self.key, progress=self._progress
                )
                await self._until_quiet()
                watching.cancel()
        await self._report()

    async def _configure(self) -> Scenario:
        """The calls to come; who among the callers said no is already on record."""
        await self._call("PUT", "/v1/config", json=self.outside.configuration())
        scenario = self.outside.scenario()
        now = datetime.now(UTC).isoformat()
        no = [
            {"address": number, "channel": "all", "state": "withdrawn", "occurred_at": now}
            for number in scenario.opted_out
        ]
        await self._call("POST", "/v1/consent/import", json=no)
        return scenario

    def _progress(self, played: Any) -> None:
        self.counts["calls"] = played.calls

    async def _watch(self, bars: screen.Screen) -> None:
        while True:
            funnel = (await self._call("GET", "/v1/funnel"))["funnel"]
            self.counts |= {name: funnel[name] for name in ("asked", "delivered", "answered")}
            self.counts["decided"] = funnel["calls"]
            bars.show(self.counts)
            self.pss = max(self.pss, await asyncio.to_thread(memory.pss_mb, self.data))
            await asyncio.sleep(0.25)

    async def _until_quiet(self) -> None:
        """Every call is decided, nobody is writing, and no figure has moved for a while."""
        loop = asyncio.get_running_loop()
        before: Any = None
        since = began = loop.time()
        while loop.time() - began < LONGEST:
            await self.outside.carrier.settled()
            now = (
                (await self._call("GET", "/v1/funnel"))["funnel"],
                len(self.outside.carrier.ledger),
            )
            if now != before or now[0]["calls"] < self.options.calls:
                before, since = now, loop.time()
            elif loop.time() - since >= QUIET:
                return
            await asyncio.sleep(0.1)
        self.console.print(f"[red]still moving after {LONGEST:.0f} seconds; summing up as it is")

    async def _report(self) -> None:
        by_queue, by_agent = [
            groups(await self._call("GET", "/v1/scores", by=by, per="metric"))
            for by in ("queue", "agent")
        ]
        summary = summarise(
            await self._call("GET", "/v1/funnel"),
            await self._call("GET", "/v1/scores", per="metric"),
            first_text_seconds=self._first_text(),
            pss_mb=round(self.pss, 1),
        )
        for table in (
            screen.funnel_table(summary),
            screen.score_table(summary),
            screen.group_table("By queue", by_queue),
            screen.group_table("By agent", by_agent),
        ):
            self.console.print(table)
        self._write(summary)

    def _write(self, summary: Summary) -> None:
        self.console.print(
            f"first text after {summary.first_text_seconds} s, {summary.pss_mb} MB of memory"
        )
        if self.options.json is not None:
            self.options.json.write_text(json.dumps(summary.as_json(), indent=2) + "\n")
            self.console.print(f"summary written to {self.options.json}")

    def _first_text(self) -> float | None:
        """Seconds from the start of this process to the first text that the carrier took."""
        for entry in self.outside.carrier.ledger:
            if isinstance(entry, CreateRequest) and entry.accepted:
                began: float = psutil.Process().create_time()
                return round(entry.at.timestamp() - began, 2)
        return None

    async def _call(self, method: str, path: str, *, json: Any = None, **params: str) -> Any:
        answer = await self.up.runtime.http.request(
            method,
            f"{self.up.url}{path}",
            params={"workspace": WORKSPACE, **params},
            json=json,
            headers={"Authorization": f"Bearer {self.key}"},
        )
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()
