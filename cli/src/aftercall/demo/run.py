"""Runs the demo from the first second to the summary."""

import asyncio
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvloop
from rich.console import Console

from aftercall.demo import memory, screen
from aftercall.demo.stage import Stage, stage
from aftercall.demo.summary import Summary, groups, summarise
from aftercall.demo.world import WORKSPACE
from aftercall.users import sign_in
from aftercall.welcome import console_line
from common.process.settings import CommonSettings
from sandbox.ledger import CreateRequest

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


def run(options: DemoOptions, sock: socket.socket, *, data: Path, settings: CommonSettings) -> int:
    """The exit status. `data` is the folder of the embedded PostgreSQL."""
    return uvloop.run(_demo(options, sock, data=data, settings=settings))


async def _demo(
    options: DemoOptions, sock: socket.socket, *, data: Path, settings: CommonSettings
) -> int:
    console = Console()
    async with stage(settings, sock, calls=options.calls, seed=options.seed) as on:
        demo = _Demo(options, on, data, console)
        work = asyncio.create_task(demo.play())
        stop = asyncio.create_task(on.up.stopped.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            console.print("stopped.")
            return 130
        stop.cancel()
        work.result()
        if not options.leave:
            demo.stays_up()
            await on.up.stopped.wait()
    return 0


@dataclass
class _Demo:
    options: DemoOptions
    on: Stage
    data: Path
    console: Console
    pss: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    async def play(self) -> None:
        """Configures, lets the calls end, waits until nothing moves, sums up."""
        self.console.print(
            f"Aftercall is up at [bold]{self.on.up.url}[/bold]; {self.options.calls} calls end now."
        )
        line = console_line(f"{self.on.up.url}/console", await sign_in(self.on.up))
        self.console.print(line, soft_wrap=True, highlight=False)
        self.console.print(
            f"Be a caller yourself, on a phone in your browser:\n  {self.on.phone}", highlight=False
        )
        scenario = await self.on.configure()
        with screen.Screen(self.console, self.options.calls) as bars:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(bars))
                await self.on.outside.calls_end(
                    scenario, self.on.up.url, self.on.key, progress=self._progress
                )
                await self._until_quiet()
                watching.cancel()
        await self._report()

    def stays_up(self) -> None:
        """What can be done with it now."""
        self.console.print(
            f"\nThe platform stays up at [bold]{self.on.up.url}[/bold] until Ctrl-C."
        )
        self.console.print(f"Your phone is at [bold]{self.on.phone}[/bold].")
        self.console.print(
            f"  export AFTERCALL_URL={self.on.up.url} AFTERCALL_KEY={self.on.key}"
            f" AFTERCALL_SECRET={self.on.outside.source_secret}",
            soft_wrap=True,
        )
        self.console.print("Another terminal asks it for scores, and sends it a call of its own:")
        for line in _TRY:
            self.console.print(f"  {line}", soft_wrap=True, highlight=False)

    def _progress(self, played: Any) -> None:
        self.counts["calls"] = played.calls

    async def _watch(self, bars: screen.Screen) -> None:
        while True:
            funnel = (await self.on.call("GET", "/v1/funnel"))["funnel"]
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
            await self.on.outside.carrier.settled()
            now = (
                (await self.on.call("GET", "/v1/funnel"))["funnel"],
                len(self.on.outside.carrier.ledger),
            )
            if now != before or now[0]["calls"] < self.options.calls:
                before, since = now, loop.time()
            elif loop.time() - since >= QUIET:
                return
            await asyncio.sleep(0.1)
        self.console.print(f"[red]still moving after {LONGEST:.0f} seconds; summing up as it is")

    async def _report(self) -> None:
        by_queue, by_agent = [
            groups(await self.on.call("GET", "/v1/scores", by=by, per="metric"))
            for by in ("queue", "agent")
        ]
        summary = summarise(
            await self.on.call("GET", "/v1/funnel"),
            await self.on.call("GET", "/v1/scores", per="metric"),
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
        for entry in self.on.outside.carrier.ledger:
            if isinstance(entry, CreateRequest) and entry.accepted:
                began: float = psutil.Process().create_time()
                return round(entry.at.timestamp() - began, 2)
        return None
