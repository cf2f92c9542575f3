"""What a sender brings to turn a survey into the content of its channel."""

from collections.abc import Mapping
from typing import Protocol

from channel.content import Content
from common.dialogue import Output
from common.events.questionnaire import Questionnaire
from common.events.sends import Step


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

    def notice(self, text: str, language: str) -> Content:
        """What is said beside every dialogue: that a STOP is obeyed, whom to ask for help."""
        ...
