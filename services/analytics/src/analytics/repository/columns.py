"""The columns of a fact that are written, and where their values come from."""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.dialects import postgresql

from analytics import models
from analytics.domain.contributions import Contribution
from analytics.domain.derived import Derived, derived
from analytics.domain.facts import Call
from common.events.attribution import attribution
from common.events.decisions import Decision
from common.phone import masked

_encode = msgspec.json.Encoder().encode
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]

KEY = ("workspace", "interaction_id")
OUTCOME: Sequence[str] = (
    *KEY,
    "writes",
    "test",
    "withdrew_at",
    "steps",
    "replies",
    *Derived._fields,
)
_OF_DECISION = ("decided_at", "flow_id", "flow_version", "survey_version", "invitation_id")
_OF_INTERACTION = (
    "ended_at", "contact_id", "kind", "ending", "direction", "country", "source", "call_id",
    "talk_seconds", "wait_seconds", "hold_seconds", "transfers",
)  # fmt: skip
_OTHER = ("address", "agent_name", "longest", "agents", "teams", "tags")
DECIDED: Sequence[str] = (*OUTCOME, *Call._fields, *_OF_DECISION, *_OF_INTERACTION, *_OTHER)

AS_TEXT = frozenset({"steps", "replies", "slots", "answers"})  # the driver is slow at these

_decision_values = attrgetter(*_OF_DECISION)
_interaction_values = attrgetter(*_OF_INTERACTION)


def kind(column: str) -> str:
    """The type of a fact's column, as it is declared."""
    return str(models.facts.c[column].type.compile(_DIALECT))


def outcome(new: Contribution, writes: int, zone: ZoneInfo) -> tuple[Any, ...]:
    """The values of `OUTCOME`; `zone` is used until the call's own is known."""
    fact = new.fact
    slots, answers, *others = derived(new, zone)
    return (
        fact.workspace,
        fact.interaction,
        writes,
        fact.test,
        fact.withdrew_at,
        _encode(fact.steps).decode() if fact.steps else "[]",
        _encode(fact.replies).decode() if fact.replies else "[]",
        "{" + ",".join(map(str, slots)) + "}",
        _texts(answers),
        *others,
    )


@lru_cache(10_000)
def _texts(values: tuple[str, ...]) -> str:
    """The literal of an array of texts."""
    if not values:
        return "{}"
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}'


def decided(call: Call, decision: Decision) -> tuple[Any, ...]:
    """The values of `DECIDED` after those of `OUTCOME`."""
    interaction = decision.interaction
    credit = attribution(interaction)
    return (
        *call,
        *_decision_values(decision),
        *_interaction_values(interaction),
        masked(interaction.address) if interaction.address else None,
        credit.agent_name,
        credit.longest,
        credit.agents,
        credit.teams,
        interaction.tags,
    )
