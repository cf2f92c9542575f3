"""What there is to filter by: values that calls of some months had."""

from collections.abc import Mapping, Sequence
from datetime import date

from analytics.domain.cells import Dimension
from analytics.domain.selection import Within
from common.database import Connection

# By months: their rows are few, and a value of the month is one that may be looked for.
_KEPT = """
select distinct dimension, value from analytics.rollups
where workspace = $1 and dimension = any($2) and grain = 'm' and start between $3 and $4
"""
# Of facts, for who sees some alone: no figures are kept of two dimensions.
_SEEN = """
select name, value from (
    select name, value, row_number() over (partition by name order by value collate "C") as place
    from (
        select distinct name, value from analytics.facts, lateral (
            values {dimensions}, ('survey', survey), ('flow', coalesce(flow_id, '')),
                ('direction', coalesce(direction, ''))
            union all select 'tag', unnest(tags)
            union all select 'question', answer::json ->> 1 from unnest(answers) as answer
            union all select 'language', reply ->> 'language'
                from json_array_elements(replies) as reply
        ) as told (name, value)
        where workspace = $1 and day between $2 and $3 and slots <> '{{}}' and {column} = any($4)
            and (value <> '' or name = any($5))
    ) as every
) as numbered where place <= $6 order by name, place
"""
PARAMETERS = ("survey", "question", "flow", "direction", "language", "tag")
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


async def within_sight(
    connection: Connection,
    workspace: str,
    first: date,
    last: date,
    within: Within,
    most: int,
) -> Mapping[str, list[str]]:
    """Parameter -> at most so many values, in order, that calls in sight had in these months."""
    dimensions = [str(one) for one in Dimension if one is not Dimension.TOTAL]
    ((seen_by, whose),) = within.items()
    text = _SEEN.format(
        column=seen_by, dimensions=", ".join(f"('{one}', {one})" for one in dimensions)
    )
    given = (workspace, first.replace(day=1), last, list(whose), dimensions, most)
    found: dict[str, list[str]] = {name: [] for name in (*dimensions, *PARAMETERS)}
    for row in await connection.fetch(text, *given):
        found[row["name"]].append(row["value"])
    return found


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
