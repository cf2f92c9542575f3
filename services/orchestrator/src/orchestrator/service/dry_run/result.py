"""What a dry run tells: what would have been asked, and what may be expected of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orchestrator.domain.aiming import GUESSED
from orchestrator.domain.replay import Outcome, largest

LEAST = 50  # asks of a channel that tell how many are answered


def result_of(
    outcome: Outcome, answered: Mapping[str, tuple[int, int]], prices: Mapping[str, float]
) -> dict[str, Any]:
    """`answered`: asks and answers of late, by channel. What nobody knows is null."""
    out = outcome.asked - outcome.replaced
    going = {
        channel: asks * out / outcome.asked for channel, asks in sorted(outcome.channels.items())
    }
    rates = {
        channel: answers / asks for channel, (asks, answers) in answered.items() if asks >= LEAST
    }
    return {
        "calls": outcome.calls,
        "asked": outcome.asked,
        "replaced": outcome.replaced,
        "not_asked": dict(outcome.reasons.most_common()),
        "flows": dict(sorted(outcome.flows.items())),
        "channels": dict(sorted(outcome.channels.items())),
        "agents": {name: asdict(one) for name, one in largest(outcome.agents).items()},
        "queues": {name: asdict(one) for name, one in largest(outcome.queues).items()},
        "answer_rates": {channel: round(rate, 4) for channel, rate in sorted(rates.items())},
        "expected_answers": _sum(going, rates),
        "cost": _sum(going, prices),
    }


def answers_each(answered: Mapping[str, tuple[int, int]]) -> float:
    """Of an ask, whatever its channel; where too few tell, what is guessed."""
    asks = sum(asks for asks, _ in answered.values())
    answers = sum(answers for _, answers in answered.values())
    return answers / asks if asks >= LEAST else GUESSED


def _sum(going: Mapping[str, float], per_ask: Mapping[str, float]) -> float | None:
    if not going.keys() <= per_ask.keys():
        return None
    return round(sum(asks * per_ask[channel] for channel, asks in going.items()), 4)
