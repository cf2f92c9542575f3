"""Texts as they go out: filling {variables}, and counting what they cost as text messages."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 4_000  # characters kept of what somebody else wrote

# `{name}`, or `{name|what is said instead}`.
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:\|([^{}|\n\x00]{1,100}))?\}")
_EMPTY = "\x00"  # where a variable had no value; values and texts cannot hold it
_OPENING = re.compile(r"^[ \t]*\x00[ \t\x00]*[,;:]?[ \t]*", re.MULTILINE)
_GAP = re.compile(r"([,;:]?)[ \t]*\x00[ \t\x00]*([,;:]?)")
_WITHIN = re.compile(r"\{(agent|queue)\}")
# A name that no mark sets off: none before it, and none or no end of the line after it.
_MARKS = r",;:\u060c\u3001\uff0c"  # and of Arabic and Chinese
_NAMED = re.compile(
    rf"(?<![{_MARKS}])(?<![{_MARKS}][ \t])\{{name\}}(?![ \t]*(?:[{_MARKS}.!\u3002\u0964]|$))",
    re.MULTILINE,
)
_NAMES = frozenset({"name", "agent", "queue"})  # which sources know, or fill with a dash
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters of Hangul that nobody sees
_BLANK = re.compile(r"[^\S\n]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # not Cn: emoji younger than this Python
_JOINERS = "\u200c\u200d"  # emoji and Indic scripts need them

# 3GPP TS 23.038: the default alphabet, and what takes an escape before it.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = frozenset("^{}\\[~]|€\f")


class Encoding(StrEnum):
    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """What one text costs: `count` messages; `units` are septets (GSM-7) or UTF-16 code units."""

    encoding: Encoding
    count: int
    units: int


def render(text: str, variables: Mapping[str, str]) -> str:
    """Fills `{name}` once: a value is never read as a text with variables of its own.

    A variable without a value is what its text says instead, `{agent|our team}`, or leaves no gap:
    "Hi {name}, how" becomes "Hi, how". A name of nothing to be read ("-") is none.
    """

    def value(match: re.Match[str]) -> str:
        told = _one_line(variables.get(match[1], ""))
        if match[1] in _NAMES and not says_something(told):
            told = ""
        return told or _one_line(match[2] or "") or _EMPTY

    filled = _VARIABLE.sub(value, text.replace(_EMPTY, ""))
    return _GAP.sub(_closed_up, _OPENING.sub("", filled)).strip()


def plain(text: str) -> str:
    """What somebody wrote, safe to store and show: no control characters but line ends, bounded."""
    spaced = _BLANK.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (
        c for c in spaced if c == "\n" or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
    )
    return "".join(kept).strip()[:LONGEST]


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit in it: not a blank, a thumb, a mark or a picture."""
    return any(letter.isalnum() and letter not in _FILLERS for letter in text)


def variables_of(text: str) -> frozenset[str]:
    """The names of the variables in it."""
    return frozenset(match[1] for match in _VARIABLE.finditer(text))


def check_variables(text: str, known: Collection[str]) -> list[str]:
    """What is wrong with the variables of a text, a sentence each; empty when all is well."""
    found = dict.fromkeys(match[1] for match in _VARIABLE.finditer(text))
    listed = ", ".join(f"{{{name}}}" for name in sorted(known))
    problems = [
        f"{{{name}}} is not known; known are {listed}" for name in found if name not in known
    ]
    if set("{}") & set(_VARIABLE.sub("", text)):
        problems.append("a brace is left over; a variable is written {name} or {name|our team}")
    return problems


def holes(text: str) -> list[str]:
    """Where a text is no whole sentence when nothing is known; a sentence each.

    An agent and a queue stand within a sentence; a name may go where it only addresses somebody.
    What is said instead can be read.
    """
    within = dict.fromkeys(_WITHIN.findall(text))
    problems = [
        f"{{{name}}} may not be known: {{{name}|...}} says what is read then" for name in within
    ]
    if _NAMED.search(text):
        problems.append(
            "{name} may not be known: set it off, as in `Hi {name}, ...`, or write {name|...}"
        )
    unread = [
        match[1]
        for match in _VARIABLE.finditer(text)
        if match[2] is not None and not says_something(match[2])
    ]
    problems += [
        f"{{{name}|...}} says nothing instead: a letter or a digit is needed there"
        for name in dict.fromkeys(unread)
    ]
    return problems


def segments(text: str) -> Segments:
    """Counts by packing, for an escaped character or a surrogate pair is never split."""
    if all(c in _GSM or c in _GSM_ESCAPED for c in text):
        sizes = [2 if c in _GSM_ESCAPED else 1 for c in text]
        return Segments(Encoding.GSM_7, _packed(sizes, alone=160, joined=153), sum(sizes))
    sizes = [2 if ord(c) > 0xFFFF else 1 for c in text]
    return Segments(Encoding.UCS_2, _packed(sizes, alone=70, joined=67), sum(sizes))


def _packed(sizes: list[int], *, alone: int, joined: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:
            count, used = count + 1, 0
        used += size
    return count


def _one_line(value: str) -> str:
    """A value cannot break lines, hide text, or bring a variable with it."""
    return " ".join(plain(value.replace("{", "").replace("}", "")).split())


def _closed_up(gap: re.Match[str]) -> str:
    following = gap.string[gap.end() : gap.end() + 1]
    if gap[2] or following in ("", "\n"):
        return gap[2]
    if following in ".!?)":  # French sets a space before ! and ?
        return " " if gap[0][-1] in " \t" else ""
    return gap[1] + (" " if set(gap[0]) & set(" \t") else "")
