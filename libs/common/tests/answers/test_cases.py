"""How the reader reads what people and machines send: counts over tables of cases, printed.

`seen` are the cases that it was made with, `fresh` come from somebody who never saw it; whoever
measures how it does with others adds a folder beside them. A wrong score or an opt-out that is not
obeyed is worse than asking again, so the bounds differ.

A row: kind, language, the ends of the scale, what was open (`asked`, `rated:N`, `comment`,
`none`), the reply, what is right, a note (after a semicolon: what is right as well).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from common.answers import (
    Keyword,
    Machine,
    Wish,
    own_words,
    read_correction,
    read_keyword,
    read_machine,
    read_opt_out,
    read_rating,
    says_something,
)

CASES = Path(__file__).parent / "cases"
FOLDERS = ("seen", "fresh")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|([ntr\\]))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
# What is right where nothing was to be read; all else that is read there is a false accept.
NOTHING = frozenset({"unread", "comment", "none_changed", "empty"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    kind: str
    language: str
    low: int
    high: int
    state: str
    reply: str
    right: tuple[str, ...]

    def outcome(self) -> str:
        """What the reader makes of it, in the words of the tables."""
        asked = self.state == "asked"
        said = read_opt_out(self.reply, [self.language], awaits_rating=asked)
        if said.wish is Wish.SURE:
            beside = self._rating(said.rest) if asked else None
            return f"stop+{beside.split('+')[0]}" if beside else "stop"
        keyword = read_keyword(self.reply, self.language, question_open=self.state != "none")
        if keyword in (Keyword.START, Keyword.HELP):
            return keyword.value
        if self._is_machine(asked=asked):
            return "machine"
        return "maybe_stop" if said.wish is Wish.MAYBE else self._answer(own_words(self.reply))

    def verdict(self) -> str:
        """`right`, `false accept`, `missed stop` or `miss`."""
        got = self.outcome()
        if got in self.right:
            return "right"
        if self.right[0].startswith("stop"):
            return "miss" if got.startswith("stop") else "missed stop"
        if got in NOTHING or got.split("+")[0] == self.right[0].split("+")[0]:
            return "miss"
        return "miss" if got == "maybe_stop" and self.right[0] not in NOTHING else "false accept"

    def _is_machine(self, *, asked: bool) -> bool:
        machine = read_machine(self.reply)
        if machine is None or machine is Machine.REACTION:
            return machine is not None
        return not (asked and self._rating(own_words(self.reply)))

    def _answer(self, text: str) -> str:
        if not says_something(text):
            return "empty"
        if self.state == "asked":
            return self._rating(text) or "unread"
        if not self.state.startswith("rated:"):
            return "comment"
        given = int(self.state[6:])
        corrected = read_correction(
            text, given=given, low=self.low, high=self.high, language=self.language
        )
        changed = corrected is not None and corrected != given
        return f"correction:{corrected}" if changed else "none_changed"

    def _rating(self, text: str) -> str | None:
        rating = read_rating(text, low=self.low, high=self.high, language=self.language)
        if rating is None:
            return None
        return f"rating:{rating.value}" + ("+comment" if rating.rest else "")


def cases(file: Path) -> Iterator[Case]:
    """The rows of a table: tabs part the fields, LF alone the lines, and nothing is stripped."""
    for line in file.read_bytes().decode().split("\n")[1:-1]:
        kind, language, low, high, state, reply, expected, note = line.split("\t")
        others = re.findall(r" or (\S+)", note.partition(";")[2])
        yield Case(
            kind=kind,
            language=language,
            low=int(low),
            high=int(high),
            state=state,
            reply=_ESCAPE.sub(_written, reply),
            right=(expected, *others),
        )


def _written(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED[escape[2]]


VERDICTS = ("right", "false accept", "miss", "missed stop")


@cache
def counted(folder: str) -> Counter[tuple[str, str]]:
    """How many cases per (kind, verdict)."""
    counts: Counter[tuple[str, str]] = Counter()
    for file in sorted((CASES / folder).glob("*.tsv")):
        counts.update((case.kind, case.verdict()) for case in cases(file))
    return counts


def shown(counts: Counter[tuple[str, str]]) -> dict[str, int]:
    """The sums by verdict; the table goes to the log of the test."""
    for kind in dict.fromkeys(kind for kind, _ in counts):
        print(f"{kind:36}" + "".join(f"{counts[kind, v]:6} {v}" for v in VERDICTS))  # noqa: T201
    return {v: sum(n for (_, verdict), n in counts.items() if verdict == v) for v in VERDICTS}


@pytest.mark.parametrize("folder", FOLDERS)
def test_replies_are_read_as_they_were_meant(folder: str) -> None:
    sums = shown(counted(folder))

    assert (sums["false accept"], sums["missed stop"]) == (0, 0)
    assert sums["miss"] < 0.03 * sum(sums.values())


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("kind", ["digit_with_words_not_a_rating", "words_instead_of_number"])
def test_a_number_of_something_else_is_no_score(kind: str, folder: str) -> None:
    assert counted(folder)[kind, "false accept"] == 0
