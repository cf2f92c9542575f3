"""Lists of rows: their order, their pages, and what changed among them."""

import base64
import binascii
import re
from datetime import date, datetime
from hashlib import blake2b
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel, BeforeValidator, Field

from analytics.domain.places import Change, Found, Place, Settled
from analytics.domain.selection import Period, Selection, Sort, listable
from analytics.domain.words import Sought
from analytics.schemas.filters import ANY_DAY, Exported, Filter, GroupedScoresFilter
from common.errors import BadInput
from common.events.values import EARLIEST, TOLERANCE, Time
from common.process.paging import in_utc


class RowsFilter(Filter):
    """A filter of rows, by the ends of their calls."""

    sort: Literal[Sort.NEWEST, Sort.OLDEST] = Field(
        Sort.NEWEST, description="Which calls come first, by when they ended"
    )


class _Cursor(msgspec.Struct, array_like=True):
    """A place in a list by time or score."""

    day: date
    ended_at: datetime
    interaction: UUID
    of: str
    score: Annotated[int, msgspec.Meta(ge=-(2**15), lt=2**15)] | None = None

    def in_utc(self) -> Self:
        return msgspec.structs.replace(self, ended_at=in_utc(self.ended_at))


class _ChangesCursor(msgspec.Struct, array_like=True):
    """A place in a list of changes."""

    changed_at: datetime
    interaction: UUID
    of: str
    until: datetime

    def in_utc(self) -> Self:
        at, until = in_utc(self.changed_at), in_utc(self.until)
        return msgspec.structs.replace(self, changed_at=at, until=until)


C = TypeVar("C", _Cursor, _ChangesCursor)


def _cursor(told: list[object]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode()


class Paged(Filter):
    """What a list has beside its filter."""

    sort: Sort = Sort.NEWEST
    limit: int = Field(50, ge=1, le=500, description="Rows of a page")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`next_cursor` of the last page, with the same filter and `sort`",
    )

    def after(self) -> Found | None:
        """Raises `BadInput` for a cursor that we did not give."""
        if self.cursor is None:
            return None
        told = self._told(_Cursor)
        return Found(told.day, Place(told.ended_at, told.interaction), told.score)

    def _told(self, kind: type[C]) -> C:
        """What our cursor says. Raises `BadInput`."""
        assert self.cursor is not None
        try:
            told = msgspec.json.decode(base64.urlsafe_b64decode(self.cursor), type=kind)
            told = told.in_utc()
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            raise BadInput.at("query.cursor", "not a cursor of this API") from None
        if told.of != self._mark():
            says = "of another filter or sort: it goes on with the same one"
            raise BadInput.at("query.cursor", says)
        return told

    def following(self, last: Found) -> str:
        """The cursor of the page after the one that ends so."""
        told: list[object] = [last.day, *last.place, self._mark()]
        if self.sort is Sort.LOWEST_SCORE:
            told.append(last.score)
        return _cursor(told)

    def _mark(self) -> str:
        """The same for the same filter and order."""
        beside = {"limit", "cursor"} | ({"sort"} if self.sort is Sort.NEWEST else set())
        told = self.model_dump_json(exclude=beside, exclude_none=True)
        return blake2b(told.encode(), digest_size=6).hexdigest()


class CallsFilter(RowsFilter, Paged):
    """A list of calls."""


def _with_plus(value: object) -> object:
    """Of an offset: a + that was not written %2B comes as a space."""
    return re.sub(r" (\d\d:?\d\d)$", r"+\1", value) if isinstance(value, str) else value


class Searched(Filter):
    """Of answers, those with some words."""

    text: str | None = Field(
        None,
        max_length=200,
        description="All of these words begin a word of the comment, or of an answer in words;"
        " at most 10. A page looks through 1,000 answers, so it may be short, even empty, and have"
        " a `next_cursor`",
        examples=["too late"],
    )

    def sought(self, *, masks: bool) -> Sought | None:
        """Raises `BadInput`. `masks`: numbers that people wrote are not shown."""
        if self.text is None:
            return None
        try:
            return Sought.of(self.text, masks=masks)
        except ValueError as error:
            raise BadInput.at("query.text", str(error)) from None


class ResponsesFilter(Paged, Searched):
    """A list of answers, or of what changed among them."""

    updated_since: Annotated[Time, BeforeValidator(_with_plus)] | None = Field(
        None,
        description="What changed at that time or later, in the order of the changes. Without"
        " days, of calls of whatever day. Begin with a time long ago; once `next_cursor` is null,"
        " go on with `updated_until`",
        examples=["2026-01-05T10:14:20Z"],
    )

    sort: Sort = Field(
        Sort.NEWEST,
        description="Newest or oldest call first, or the lowest score: of one score the newest"
        " call first, answers without a score last",
    )

    def days(self, today: date) -> tuple[date, date]:
        if self.updated_since is not None and not (self.first or self.last or self.range):
            return ANY_DAY
        return super().days(today)

    def since(self, settled: Settled) -> tuple[Change, datetime]:
        """The change after which the page begins, and until when this run goes.

        Raises `BadInput`.
        """
        assert self.updated_since is not None
        if self.cursor is None:
            if self.updated_since > settled.now + TOLERANCE:
                raise BadInput.at("query.updated_since", "lies in the future")
            since = max(self.updated_since, EARLIEST)
            return Change.before(since), max(since, settled.until)
        told = self._told(_ChangesCursor)
        return Change(told.changed_at, told.interaction), told.until

    def following_change(self, last: Change, until: datetime) -> str:
        return _cursor([*last, self._mark(), until])

    def selection(self, workspace: str, today: date) -> Selection:
        selection = super().selection(workspace, today)
        if self.updated_since is not None and self.sort is not Sort.NEWEST:
            says = "does not go with updated_since, which comes in the order of the changes"
            raise BadInput.at("query.sort", says)
        if self.sort is Sort.LOWEST_SCORE and not listable(selection):
            says = "lowest_score goes with days of calls and, for agents and teams, with the last"
            raise BadInput.at("query.sort", says)
        return selection


class CallsFile(RowsFilter, Exported):
    """A file of calls."""


class ResponsesFile(RowsFilter, Searched, Exported):
    """A file of answers."""


F = TypeVar("F", bound=BaseModel)


class AllFiles(GroupedScoresFilter, Exported):
    """All files of one filter."""

    period: Period = Field(Period.DAY, description="Of each point of the trend")

    def of(self, kind: type[F]) -> F:
        """The filter of one file: what it takes of this one."""
        takes = {field.alias or name for name, field in kind.model_fields.items()}
        given = self.model_dump(by_alias=True, exclude_unset=True)
        return kind.model_validate({name: one for name, one in given.items() if name in takes})
