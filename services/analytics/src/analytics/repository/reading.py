"""Figures straight from the facts: two or more filters, other credit, or the answers' dates."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from analytics import models
from analytics.domain.cells import Dimension
from analytics.domain.contributions import SLOTS, Slot
from analytics.domain.figures import Row
from analytics.domain.instruments import Instrument, decoded
from analytics.domain.selection import (
    CREDITED,
    Credit,
    DateOf,
    Period,
    Selection,
    Trait,
    Within,
)
from analytics.repository.periods import starting
from common.database import Connection
from common.database.statements import fetch, one_of

facts = models.facts.c
_LISTS: dict[Dimension, Any] = {Dimension.AGENT: facts.agents, Dimension.TEAM: facts.teams}
_NONE: Any = literal_column("'{}'")


def column_of(dimension: Dimension, credit: Credit) -> ColumnElement[Any]:
    """The one value a fact has; an index out of an array's bounds gives null there."""
    if dimension not in CREDITED or credit is Credit.LAST:
        return facts[str(dimension)]
    place: Any = facts.longest if credit is Credit.LONGEST else literal_column("1")
    return func.coalesce(_LISTS[dimension][place], literal_column("''"), type_=Text)


def _every(dimension: Dimension) -> ColumnElement[Any]:
    """All values of a fact that is credited to several; '' where nobody took part."""
    every = _LISTS[dimension]
    return case((every == _NONE, array([literal_column("''")], type_=Text)), else_=every)


def _shared(dimension: Dimension, credit: Credit) -> bool:
    return credit is Credit.ALL and dimension in CREDITED


def day_of(selection: Selection) -> ColumnElement[Any]:
    return facts.answered_day if selection.date_of is DateOf.ANSWER else facts.day


def _has(slot: Slot) -> ColumnElement[bool]:
    return facts.slots.contains(literal_column(f"'{{{int(slot)}}}'"))


STARTED, ASKED = _has(Slot.STARTED), _has(Slot.ASKED)


def _tagged(values: Sequence[str]) -> ColumnElement[bool]:
    given = literal(list(values), ARRAY(Text))
    some: ColumnElement[bool] = facts.tags.bool_op("&&")(given)
    return or_(some, facts.tags == _NONE) if "" in values else some


def _in_languages(values: Sequence[str]) -> ColumnElement[bool]:
    reply = func.json_array_elements(facts.replies).column_valued("reply")
    said: Any = reply.op("->>")("language")
    some = exists(select(reply).where(one_of(cast(said, Text), values)))
    return and_(STARTED, some)


def _in_states(values: Sequence[str]) -> ColumnElement[bool]:
    finished = _has(Slot.FINISHED)
    states = {"finished": finished, "in_progress": and_(STARTED, not_(finished))}
    return or_(*(states[value] for value in values))


_TRAITS: Mapping[Trait, Callable[[Sequence[str]], ColumnElement[bool]]] = {
    Trait.FLOW: lambda values: one_of(func.coalesce(facts.flow_id, "", type_=Text), values),
    Trait.DIRECTION: lambda values: one_of(func.coalesce(facts.direction, "", type_=Text), values),
    Trait.LANGUAGE: _in_languages,
    Trait.TAG: _tagged,
    Trait.STATE: _in_states,
}


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """Which facts; what counts nowhere is left out."""
    found = [
        facts.workspace == selection.workspace,
        day_of(selection).between(selection.first, selection.last),
        facts.slots != _NONE,
    ]
    for dimension, values in selection.filters.items():
        if _shared(dimension, selection.credit):
            given = literal(list(values), ARRAY(Text))
            found.append(_every(dimension).bool_op("&&")(given))
        else:
            found.append(one_of(column_of(dimension, selection.credit), values))
    found += seen(selection.within)
    if selection.surveys is not None:
        found.append(one_of(facts.survey, selection.surveys))
    if selection.scores is not None:
        found.append(one_of(facts.score, selection.scores))
    found += [_TRAITS[trait](values) for trait, values in selection.traits.items()]
    return found


def seen(within: Within) -> list[ColumnElement[bool]]:
    """Which facts a reader may see."""
    return [one_of(facts[str(dimension)], values) for dimension, values in within.items()]


def of_metric(selection: Selection) -> list[ColumnElement[bool]]:
    """Which surveys, by the metric of their first question."""
    return [] if selection.metrics is None else [one_of(facts.metric, selection.metrics)]


async def read(
    connection: Connection,
    selection: Selection,
    period: Period | None,
    *,
    lines: bool,
    only: Sequence[date] | None = None,
) -> list[Row]:
    """The same rows as `rollups.read`, from the facts. `only`: of these days alone."""
    wanted = _counts(selection, period, lines=lines)
    if only is not None:
        wanted = wanted.where(one_of(facts.day, only))
    found = await fetch(connection, wanted)
    return lines_of(found, selection) if lines else _funnels(found)


def _counts(selection: Selection, period: Period | None, *, lines: bool) -> Select[Any]:
    """How often each slot, or each answer, occurs per group and period."""
    counted = func.unnest(facts.answers if lines else facts.slots).column_valued("counted")
    found = grouped(selection, period, counted)
    return found if lines else found.where(*of_metric(selection))


def grouped(
    selection: Selection,
    period: Period | None,
    counted: ColumnElement[Any],
    source: FromClause = models.facts,
) -> Select[Any]:
    """How often each value of `counted` occurs per group and period; `source` has the facts."""
    where = conditions(selection)
    group: ColumnElement[Any] = literal("", Text)
    if selection.by is not None and _shared(selection.by, selection.credit):
        group = literal_column("credited", Text)
        each = select(func.unnest(_every(selection.by)).label("credited")).distinct()
        source = source.join(each.lateral("each"), literal_column("true"))
        if selection.by in selection.filters:  # not those who only shared a call with them
            where.append(one_of(group, selection.filters[selection.by]))
    else:
        if selection.by is not None:
            group = column_of(selection.by, selection.credit)
    keys = [group.label("grouped"), starting(day_of(selection), period), counted]
    return (
        select(*keys, func.count().label("times"))
        .select_from(source)
        .where(*where)
        .group_by(*map(literal_column, "123"))
    )


def _funnels(rows: Sequence[Any]) -> list[Row]:
    found: dict[tuple[str, str], list[int]] = {}
    for group, start, slot, times in rows:
        found.setdefault((group, start), [0] * SLOTS)[slot] += times
    return [Row(group, start, None, counts) for (group, start), counts in found.items()]


def lines_of(rows: Sequence[Any], selection: Selection) -> list[Row]:
    found: dict[tuple[str, str, Instrument], list[int]] = {}
    for group, start, text, times in rows:
        one = decoded(text)
        key = (group, start, one.instrument)
        found.setdefault(key, [0] * one.instrument.width)[one.place] += times
    every = [Row(*key, counts) for key, counts in found.items()]
    return [row for row in every if sought(row, selection)]


def sought(row: Row, selection: Selection) -> bool:
    """Whether scores of the row's instrument were asked for."""
    instrument = row.instrument
    if instrument is None:
        return True
    chosen = (
        (instrument.survey, selection.surveys),
        (instrument.question, selection.questions),
        (instrument.metric, selection.metrics),
    )
    return all(values is None or value in values for value, values in chosen)
