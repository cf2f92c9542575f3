"""An interaction that is told again under its id: the same once more, or something else.

Some switches tell a row of each leg under the id of the call, the one that only rang before the
one that talked. So who was not asked for want of a conversation is looked at again when one is
told; a verdict that asked stays, whatever comes.
"""

from dataclasses import dataclass

import msgspec

from common.events.calls import Outline
from common.events.decisions import Reason, Verdict
from common.events.values import Ending
from orchestrator.domain.interaction_view import InteractionView

_OF_THE_CALL = frozenset({Reason.NOT_CONNECTED, Reason.TALK_TIME})  # what another leg can change


class _Decided(msgspec.Struct):
    interaction: msgspec.Raw
    verdict: str
    reason: str | None = None
    revision: int = 0


class _Event(msgspec.Struct):
    data: _Decided


_decode = msgspec.json.Decoder(_Event).decode


@dataclass(frozen=True, slots=True)
class Known:
    """The published decision about an interaction, `event` as it stands in its row."""

    event: bytes
    verdict: str
    reason: str | None
    revision: int
    interaction: bytes

    @classmethod
    def of(cls, event: bytes) -> "Known":
        told = _decode(event).data
        return cls(event, told.verdict, told.reason, told.revision, bytes(told.interaction))

    def differs(self, told: Outline) -> bool:
        """From what is known now, which may have been amended since."""
        return isinstance(told, InteractionView) and bytes(told.whole) != self.interaction

    def is_open(self, told: Outline) -> bool:
        """Whether it is decided again."""
        return (
            self.verdict == Verdict.SKIP
            and self.reason in _OF_THE_CALL
            and told.ending is Ending.CONNECTED
            and self.differs(told)
        )


def is_better(one: Outline, than: Outline) -> bool:
    """Of two that come together, one that says not to ask; else the one with the conversation."""
    if one.do_not_survey is not than.do_not_survey:
        return one.do_not_survey
    return one.ending is Ending.CONNECTED and than.ending is not Ending.CONNECTED
