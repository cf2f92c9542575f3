"""What a sender brings to turn a survey into the content of its channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from channel.content import Content
from common.config import Flow
from common.dialogue import Output
from common.events.questionnaire import Band, Questionnaire
from common.events.sends import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A dialogue that has come to its end, for who closes it in another way. `zone`: the

    workspace's; `our_number`: on which they are spoken with. `flow`: as it is now, if there is one.
    """

    questionnaire: Questionnaire
    band: Band | None
    flow: Flow | None
    zone: str
    our_number: str
    now: datetime


Closing = Callable[[Content, Ending], Content]


def as_it_is(content: Content, ending: Ending) -> Content:
    return content


class Renderer(Protocol):
    """Pure. What it returns is stored once, and sent as it is, however often it is tried."""

    def ask(self, step: Step) -> Content:
        """The first message: who asks, the first question, how to opt out."""
        ...

    def reminder(self, step: Step) -> Content:
        """To somebody who has answered nothing."""
        ...

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Content:
        """What the dialogue says next; `variables` are those of the step."""
        ...

    def note(
        self, questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]
    ) -> Content:
        """The closing words, alone, to somebody who has read nothing of ours yet."""
        ...

    def notice(self, text: str, language: str) -> Content:
        """What is said beside every dialogue: that a STOP is obeyed, whom to ask for help."""
        ...
