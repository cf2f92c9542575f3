"""What a button's id says, and which answers are buttons at all; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from channel.content import Button
from common.events.questionnaire import Question, QuestionKind

MOST = 10  # quick replies of a template, rows of a list
LONGEST_TITLE = 24  # of a row
_ID = re.compile(
    r"a1:(?P<question>[a-z0-9_-]{1,63}):(?P<value>\d{1,3})(?::(?P<invitation>[0-9a-f-]{36}))?"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    question_id: str
    value: int
    invitation_id: UUID | None


def choice_id(question: str, value: int, invitation: str | None = None) -> str:
    """Comes back when it is tapped. At most 140 characters; Meta allows 200 in a list."""
    return f"a1:{question}:{value}" + (f":{invitation}" if invitation else "")


def chosen(identity: str) -> Chosen | None:
    """None: no button of ours, or one of a newer version."""
    found = _ID.fullmatch(identity)
    if found is None:
        return None
    try:
        invitation = UUID(found["invitation"]) if found["invitation"] else None
    except ValueError:
        return None
    return Chosen(found["question"], int(found["value"]), invitation)


def offered(question: Question) -> Sequence[tuple[int, str]]:
    """Value and title of each answer that can be tapped; nothing where it is answered in writing.

    A title that does not fit would be cut off, and then options may look the same.
    """
    if question.kind is QuestionKind.RATING:
        return titles(question.low, question.high)
    words = [option.text for option in question.options]
    if question.kind is not QuestionKind.CHOICE or len(words) > MOST:
        return ()
    return () if max(map(len, words), default=0) > LONGEST_TITLE else [*enumerate(words, 1)]


def in_writing(text: str, buttons: Sequence[Button]) -> str:
    """For who sends no buttons: the answers as a list, unless they are numbers anyway."""
    if all(button.title.isdecimal() for button in buttons):
        return text
    return text + "".join(f"\n{place} {one.title}" for place, one in enumerate(buttons, 1))


def titles(low: int, high: int) -> Sequence[tuple[int, str]]:
    """Value and title of each answer; nothing when there are more than can be shown."""
    if high - low >= MOST:
        return ()
    return [(value, str(value)) for value in range(low, high + 1)]
