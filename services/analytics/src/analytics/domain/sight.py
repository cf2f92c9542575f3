"""Whose calls a reader may see, as the filter that no other filter makes wider."""

from analytics.domain.cells import Dimension
from analytics.domain.selection import Within
from common.process.sight import Sight


def within(sight: Sight | None) -> Within:
    """None sees all. Nobody's calls, "", are in nobody's sight."""
    if sight is None:
        return {}
    if sight.agent:
        return {Dimension.AGENT: (sight.agent,)}
    return {Dimension.TEAM: tuple(team for team in sight.teams if team)}
