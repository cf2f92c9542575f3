"""What there is to filter by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics.domain.cells import Dimension
from analytics.domain.packing import LISTS, listed
from analytics.repository import agents, values
from analytics.service.reports import Reports

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


async def values_of(reports: Reports, workspace: str, first: date, last: date) -> Values:
    """Of the months that these days lie in; of flows, directions, languages and tags, of all."""
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
