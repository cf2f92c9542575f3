"""Who is credited with a call: read off the legs that the event told, never looked up later."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.events.calls import Interaction, Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Queue, agent and team are the last ones; "" where there is none.

    `agents` and `teams` run parallel, one entry per leg that had an agent; `longest` counts from 1
    within them and is None when no agent took part.
    """

    queue: str
    agent: str
    agent_name: str
    team: str
    agents: tuple[str, ...]
    teams: tuple[str, ...]
    longest: int | None


def attribution(interaction: Interaction) -> Attribution:
    """An agent without an id goes by the name."""
    legs = [leg for leg in interaction.legs if leg.agent_id or leg.agent_name]
    last = legs[-1] if legs else None
    queues = [leg.queue for leg in interaction.legs if leg.queue]
    return Attribution(
        queue=queues[-1] if queues else interaction.queue or "",
        agent=_agent(last) if last else "",
        agent_name=(last.agent_name or "") if last else "",
        team=(last.team or "") if last else "",
        agents=tuple(_agent(leg) for leg in legs),
        teams=tuple(leg.team or "" for leg in legs),
        longest=_longest(legs),
    )


def _agent(leg: Leg) -> str:
    return leg.agent_id or leg.agent_name or ""


def _longest(legs: Sequence[Leg]) -> int | None:
    """The later of two equally long ones."""
    if not legs:
        return None
    return max(range(len(legs)), key=lambda i: (legs[i].talk_seconds or 0.0, i)) + 1
