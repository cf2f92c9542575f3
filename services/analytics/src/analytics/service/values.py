"""What there is to filter by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics.domain.cells import Dimension
from analytics.domain.packing import LISTS, listed
from analytics.domain.sight import within
from analytics.repository import agents, values
from analytics.service.reports import Reports
from common.process.sight import Sight

MOST = 1_000  # values of one parameter
# Parameter -> the packed column that has its values.
_TRAITS: Mapping[str, str] = {
    "flow": "flow",
    "direction": "direction",
    "language": "languages",
    "tag": "tags",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Parameter -> its values, in order; `names` of agents."""

    of: Mapping[str, Sequence[str]]
    names: Mapping[str, str]


async def values_of(
    reports: Reports, workspace: str, first: date, last: date, sight: Sight | None
) -> Values:
    """Of the months that these days lie in, within the sight.

    Who sees all is told flows, directions, languages and tags of whatever months.
    """
    if sight is not None:
        return await _within(reports, workspace, first, last, sight)
    dimensions = [one for one in Dimension if one is not Dimension.TOTAL]
    async with reports.db.scoped(workspace, frozen=True) as connection:
        kept = await values.of_dimensions(connection, workspace, dimensions, first, last)
        surveys, questions = await values.of_surveys(connection, workspace, first, last)
        terms = await values.of_traits(connection, workspace, list(_TRAITS.values()), MOST)
        shown = {name: found[:MOST] for name, found in kept.items()}
        names = await agents.names(connection, workspace, shown[Dimension.AGENT])
    shown |= {"survey": surveys[:MOST], "question": questions[:MOST]}
    for parameter, column in _TRAITS.items():
        texts = [value for name, value in terms if name == column]
        if column in LISTS:
            texts = sorted({one for text in texts for one in listed(text)})
        shown[parameter] = [text for text in texts if text]
    return Values(of=shown, names=names)


async def _within(
    reports: Reports, workspace: str, first: date, last: date, sight: Sight
) -> Values:
    """Of calls that somebody may see who does not see all."""
    async with reports.db.scoped(workspace, frozen=True) as connection:
        shown = await values.within_sight(connection, workspace, first, last, within(sight), MOST)
        names = await agents.names(connection, workspace, shown[Dimension.AGENT])
    return Values(of=shown, names=names)
