"""Groups by their score: in which order, and how many a page shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MOST_ROWS = 200  # of a table: nobody reads two thousand, and a file has them all
RANKED = 10  # answers: with fewer, a group comes last
HIGHEST, LOWEST, LARGEST = "highest", "lowest", "largest"
ORDERS = (HIGHEST, LOWEST, LARGEST)


class Row(NamedTuple):
    """A group and its score on one line; `is_low`: of too few answers to be ranked."""

    group: Mapping[str, Any]
    score: Mapping[str, Any]
    is_low: bool


def ranked(line: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], order: str) -> list[Row]:
    """Those with answers on this line, of `/v1/scores?by=`; groups alike stay in their order."""
    return sorted(_rows(line, groups), key=lambda row: _place(row, order))


def _rows(line: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for group in groups:
        for score in group["scores"]:
            same = (score["metric"], score["scale"]) == (line["metric"], line["scale"])
            if same and score["n"]:
                yield Row(group, score, score["n"] < RANKED)


def _place(row: Row, order: str) -> tuple[bool, bool, float, str]:
    """Of what is not shown the place tells nothing: by the answers, or after the others."""
    value = row.score["n"] if order == LARGEST else row.score["value"]
    signed = value or 0 if order == LOWEST else -(value or 0)
    return row.is_low, value is None, signed, row.group["value"]
