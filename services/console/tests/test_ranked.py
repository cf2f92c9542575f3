"""Groups come by their score, by their answers, and those of few answers last."""

from typing import Any

import pytest

from console.domain.ranked import ranked

LINE = {"metric": "csat", "scale": [1, 5]}


def _group(name: str, value: float | None, n: int, **of: Any) -> dict[str, Any]:
    return {"value": name, "scores": [LINE | {"value": value, "n": n} | of]}


GROUPS = [
    _group("few", 100.0, 9),
    _group("good", 90.0, 10),
    _group("bad", 10.0, 500),
    _group("hidden", None, 20),
    _group("empty", None, 0),
    _group("of another scale", 99.0, 50, scale=[1, 7]),
]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("highest", ["good", "bad", "hidden", "few"]),
        ("lowest", ["bad", "good", "hidden", "few"]),
        ("largest", ["bad", "hidden", "good", "few"]),
    ],
)
def test_groups_of_few_answers_come_last_whatever_the_order(order: str, names: list[str]) -> None:
    rows = ranked(LINE, GROUPS, order)

    assert [row.group["value"] for row in rows] == names
    assert [row.is_low for row in rows] == [False, False, False, True]
