"""A fair share of a batch: a workspace that floods waits for itself, and nobody else for it."""

from collections import Counter
from collections.abc import Sequence

from orchestrator.domain.interaction_view import InteractionView

SHARE = 250  # interactions of one workspace that are decided before the rest of a flood


def shared(
    interactions: Sequence[InteractionView],
) -> tuple[Sequence[InteractionView], Sequence[InteractionView]]:
    """(what is decided first, what after it), each workspace in its order.

    All is first where nobody waits for anybody else.
    """
    if len(interactions) <= SHARE or len({one.workspace for one in interactions}) == 1:
        return interactions, ()
    count: Counter[str] = Counter()
    first: list[InteractionView] = []
    rest: list[InteractionView] = []
    for one in interactions:
        count[one.workspace] += 1
        (first if count[one.workspace] <= SHARE else rest).append(one)
    return first, rest
