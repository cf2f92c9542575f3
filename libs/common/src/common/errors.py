"""The two exception families: `Retry` (come back later) and `Problem` (an HTTP status)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass


class Retry(Exception):
    """Our own database or broker cannot serve now; the work is to be repeated as a whole."""

    def __init__(self, reason: str, *, after: float = 1.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after  # seconds


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a body: `field` is a dotted path, `message` a sentence."""

    field: str
    message: str


MOST_ERRORS = 100  # of one document that are told


def and_more(count: int, *, at: str = "") -> list[FieldError]:
    """Of `count` errors those that are not told are told to be there."""
    more = count - MOST_ERRORS
    return [FieldError(at, f"and {more} more are wrong")] if more > 0 else []


class Problem(Exception):
    """An answer to an HTTP client that is not success; rendered as an RFC 9457 body."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after  # seconds


class BadInput(ValueError):
    """A body, a file or a record that cannot be understood; says what is wrong and where."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field or 'body'}: {e.message}" for e in errors))
        self.errors = tuple(errors)

    @classmethod
    def at(cls, field: str, message: str) -> "BadInput":
        return cls([FieldError(field, message)])


class HeldRecords(Exception):
    """Some records of a batch have to come again, by their place in it; the others are handled.

    `finish`: what a handler returns for those.
    """

    def __init__(
        self, places: Sequence[int], reason: str, finish: Callable[[], Awaitable[None]] | None
    ) -> None:
        super().__init__(f"{len(places)} records: {reason}")
        self.places = places
        self.reason = reason
        self.finish = finish


class BadRecords(Exception):
    """Some records of a batch cannot be used, by their place in it; the others can."""

    def __init__(self, errors: Mapping[int, BadInput]) -> None:
        super().__init__(f"{len(errors)} records")
        self.errors = errors
