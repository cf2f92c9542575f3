"""Rows for people (80 columns), for spreadsheets and for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import typer

from aftercall.errors import Trouble

WIDTH = 80
GAP = "  "
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Form(Enum):
    TABLE = auto()
    JSON = auto()
    CSV = auto()


def form(*, as_json: bool, as_csv: bool) -> Form:
    """Raises `Trouble` for both."""
    if as_json and as_csv:
        raise Trouble("--json or --csv, not both")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE


@dataclass(frozen=True, slots=True)
class Column:
    """`most` characters of it are shown; what is longer ends in `…`."""

    title: str
    value: Callable[[Any], object]
    most: int = 16
    right: bool = False


def say_json(told: Any) -> None:
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))


def say_csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A cell that a spreadsheet would run as a formula gets a quote before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    typer.echo(text.getvalue(), nl=False)


def lines(columns: Sequence[Column], rows: Sequence[Any]) -> Iterator[str]:
    """Never wider than 80 columns: the last column takes what is left, at least its title."""
    cells = [[_text(column.value(row)) for column in columns] for row in rows]
    widths = [
        min(column.most, max(len(column.title), *(len(row[at]) for row in cells), 0))
        for at, column in enumerate(columns)
    ]
    left = WIDTH - sum(widths[:-1]) - len(GAP) * (len(columns) - 1)
    widths[-1] = max(min(widths[-1], left), len(columns[-1].title))
    for row in ([column.title for column in columns], *cells):
        yield GAP.join(
            _fitted(text, width, right=column.right)
            for text, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()


def _fitted(text: str, width: int, *, right: bool) -> str:
    cut = text if len(text) <= width else f"{text[: width - 1]}…"
    return cut.rjust(width) if right else cut.ljust(width)


def _text(value: object) -> str:
    """One line, without what a terminal would obey."""
    told = "-" if value is None or value == "" else str(value)
    return "".join(char if char.isprintable() else " " for char in told)


def _cell(value: object) -> object:
    if isinstance(value, list | dict | tuple):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
