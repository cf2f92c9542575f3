"""Facts without the person: figures stay, for nothing that is counted leads to anybody."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from msgspec import structs

from analytics.domain.facts import Fact, Reply
from common.events.consent import ConsentChanged
from common.events.decisions import Decision
from common.events.responses import Answer, Response

Told = Decision | Response | ConsentChanged


def when(told: Told) -> datetime:
    """What an erasure must be later than to concern it; some switches' clocks are ahead."""
    if isinstance(told, ConsentChanged):
        return told.occurred_at
    if isinstance(told, Response):
        return told.changed_at
    return min(told.interaction.ended_at, told.decided_at)


def late(fact: Fact, told: Told) -> Decision | None:
    """What of it still counts when it comes after the erasure: a call that was not counted yet."""
    if not isinstance(told, Decision) or fact.call is not None:
        return None
    return structs.replace(told, interaction=told.interaction.without_person())


def without_words(fact: Fact) -> Fact:
    """What was said in words goes; values stay."""
    return replace(fact, replies=tuple(map(_without_words, fact.replies)))


def _without_words(reply: Reply) -> Reply:
    return replace(reply, comment=None, answers=tuple(_values(reply.answers)))


def _values(answers: Iterable[Answer]) -> Iterable[Answer]:
    return (structs.replace(answer, text=None) if answer.text else answer for answer in answers)
