"""What there is to filter by: values that calls of some months had."""

from collections.abc import Mapping, Sequence
from datetime import date

from analytics.domain.cells import Dimension
from common.database import Connection

# By months: their rows are few, and a value of the month is one that may be looked for.
_KEPT = """
select distinct dimension, value from analytics.rollups
where workspace = $1 and dimension = any($2) and grain = 'm' and start between $3 and $4
"""
_SURVEYS = """
select distinct survey, question from analytics.rollups
where workspace = $1 and dimension = 'total' and grain = 'm' and start between $2 and $3
"""


async def of_dimensions(
    connection: Connection, workspace: str, dimensions: Sequence[Dimension], first: date, last: date
) -> Mapping[str, list[str]]:
    """Dimension -> its values, in order."""
    rows = await connection.fetch(
        _KEPT, workspace, list(map(str, dimensions)), first.replace(day=1), last
    )
    found: dict[str, list[str]] = {str(one): [] for one in dimensions}
    for row in rows:
        found[row["dimension"]].append(row["value"])
    return {name: sorted(values) for name, values in found.items()}


async def of_surveys(
    connection: Connection, workspace: str, first: date, last: date
) -> tuple[list[str], list[str]]:
    """Surveys that were asked, and questions that were answered."""
    rows = await connection.fetch(_SURVEYS, workspace, first.replace(day=1), last)
    surveys = {row["survey"] for row in rows if row["survey"]}
    questions = {row["question"] for row in rows if row["question"]}
    return sorted(surveys), sorted(questions)


_TERMS = """
select name, value from analytics.terms
where workspace = $1 and name = any($2) order by name, value limit $3
"""


async def of_traits(
    connection: Connection, workspace: str, columns: Sequence[str], most: int
) -> list[tuple[str, str]]:
    """Packed column and value, of whatever days."""
    rows = await connection.fetch(_TERMS, workspace, list(columns), most)
    return [(row["name"], row["value"]) for row in rows]
