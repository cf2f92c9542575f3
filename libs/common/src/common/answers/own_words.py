"""What somebody wrote themselves: without what they quote and what their device adds."""

import re

from common.answers.tables import KNOWN, phrases, table
from common.answers.tokens import message, tokens
from common.render import plain

_QUOTED = re.compile(r"\s*(?:>|&gt;|\|\s)")
_RULE = re.compile(r"\s*(?:--|__|—)\s*|\s*[-_=*]{5,}\s*")
_CONTACT = re.compile(r"@\w|www\.|https?:|\+?\(?\d[\d ()./-]{7,}\d")
_MOST_LINES = 400
_SIGNATURE_LINES = 6


def _all(field: str) -> tuple[tuple[str, ...], ...]:
    found = (getattr(known.machines, field) for code in sorted(KNOWN) if (known := table(code)))
    return tuple(phrase for text in found for phrase in phrases(text))


_SIGNATURES = _all("signatures")
_WROTE = _all("wrote")
_HEADERS = frozenset(phrase[0] for phrase in _all("headers"))


def own_words(text: str) -> str:
    """Plain and bounded. All of it where nothing would be left, for then they meant to send it."""
    said = plain(text.replace("\ufffd", ""))
    lines = said.split("\n")[:_MOST_LINES]
    kept: list[str] = []
    for at, line in enumerate(lines):
        if _ends_here(line, lines[at + 1] if at + 1 < len(lines) else ""):
            break
        if not _QUOTED.match(line):
            kept.append(line)
    own = "\n".join(_without_signature(kept)).strip()
    return own or said


def _ends_here(line: str, following: str) -> bool:
    """Whether all from this line on is a signature or an older message."""
    if _RULE.fullmatch(line):
        return True
    heard = [token.text for token in tokens(message(line)) if token.kind == "word"]
    if any(heard[: len(phrase)] == list(phrase) for phrase in _SIGNATURES):
        return True
    introduces = line.rstrip().endswith((":", "-", ">", "_", "*")) or line.lstrip()[:1] in "-_*"
    if introduces and len(heard) < 40 and any(_holds(heard, phrase) for phrase in _WROTE):
        return True
    return _is_header(line) and _is_header(following)


def _is_header(line: str) -> bool:
    name, colon, value = line.strip(" *").partition(":")
    heard = [token.text for token in tokens(message(name))]
    return bool(colon and value.strip()) and len(heard) == 1 and heard[0] in _HEADERS


def _holds(heard: list[str], phrase: tuple[str, ...]) -> bool:
    return any(
        tuple(heard[at : at + len(phrase)]) == phrase for at in range(len(heard) - len(phrase) + 1)
    )


def _without_signature(lines: list[str]) -> list[str]:
    """A block after an empty line that tells how to reach them is no part of what they say."""
    blanks = [at for at, line in enumerate(lines) if not line.strip()]
    for at in blanks:
        block = [line for line in lines[at:] if line.strip()]
        if any(line.strip() for line in lines[:at]) and 1 < len(block) <= _SIGNATURE_LINES:
            is_long = any(len(line) > 60 for line in block)
            if not is_long and any(_CONTACT.search(line) for line in block):
                return lines[:at]
    return lines
