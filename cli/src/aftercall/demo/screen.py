"""The demo on a terminal: progress while it runs, tables at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from aftercall.demo.summary import Group, Summary

STAGES = ("calls", "decided", "asked", "delivered", "answered")
WORDS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}


class Screen:
    """Bars on a terminal; a line now and then where the output is a file."""

    def __init__(self, console: Console, calls: int) -> None:
        self.console = console
        self._calls = calls
        self._shown = -1
        self._bars = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(bar_width=40),
            TextColumn("{task.completed:.0f}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks = {name: self._bars.add_task(name, total=calls) for name in STAGES}

    def __enter__(self) -> "Screen":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, counts: Mapping[str, int]) -> None:
        for name, task in self._tasks.items():
            self._bars.update(task, completed=counts.get(name, 0))
        quarter = 4 * counts.get("decided", 0) // self._calls
        if not self.console.is_terminal and quarter > self._shown:
            self._shown = quarter
            self.console.print("  ".join(f"{name} {counts.get(name, 0)}" for name in STAGES))


def interval(score: Mapping[str, Any]) -> str:
    """`72.4 [61.0, 81.3]`, or what there is of it."""
    if score["value"] is None:
        return "–"
    if score["low"] is None:
        return f"{score['value']:.1f}"
    return f"{score['value']:.1f} [{score['low']:.1f}, {score['high']:.1f}]"


def funnel_table(summary: Summary) -> Table:
    table = Table(title="What became of the calls", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("calls", str(summary.calls), style="bold")
    table.add_row("asked", str(summary.asked))
    for reason, count in sorted(summary.not_asked.items(), key=lambda item: -item[1]):
        table.add_row(f"  not asked: {reason.replace('_', ' ')}", str(count), style="dim")
    for name in ("sent", "delivered", "answered"):
        table.add_row(name, str(getattr(summary, name)))
    return table


def score_table(summary: Summary) -> Table:
    table = Table(title="Scores, with their 95 % intervals", title_justify="left")
    for name in ("", "score", "n"):
        table.add_column(name, justify="left" if not name else "right")
    for metric, score in summary.scores.items():
        table.add_row(WORDS[metric], interval(score), str(score["n"]))
    return table


def group_table(title: str, groups: Sequence[Group]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("", "metric", "score", "n"):
        table.add_column(name, justify="right" if name in ("score", "n") else "left")
    for group in groups:
        for score in group.scores:
            table.add_row(group.name, WORDS[score["metric"]], interval(score), str(score["n"]))
    return table
