"""Days put together to periods, in the database."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Text, cast, func, literal

from analytics.domain.selection import Period


def starting(day: ColumnElement[date], period: Period | None) -> ColumnElement[Any]:
    """The first day of the period that `day` is in, as text; "" when there are no periods."""
    if period is None:
        return literal("", Text)
    return cast(cast(func.date_trunc(str(period), cast(day, DateTime)), Date), Text)
