"""What a revision of a response says that was not known: created, updated, finished."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from common.events.responses import Response, ResponseState
from common.ids import derived


class Event(StrEnum):
    """What an endpoint may be told of."""

    CREATED = "response.created"
    UPDATED = "response.updated"
    FINISHED = "response.finished"
    ALERT = "alert.raised"


TEST = "webhook.test"  # asked for by a person


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a response. `revision` -1: nothing."""

    revision: int = -1
    finished: bool = False

    def after(self, response: Response) -> "Seen":
        """A copy, or an older revision, changes nothing."""
        if response.revision <= self.revision:
            return self
        return Seen(response.revision, self.finished or _is_finished(response))


def happenings(seen: Seen, response: Response) -> list[Event]:
    """In the order in which they are told; a first answer may finish a survey, too."""
    if response.revision <= seen.revision:
        return []
    found = [Event.CREATED if seen.revision < 0 else Event.UPDATED]
    if _is_finished(response) and not seen.finished:
        found.append(Event.FINISHED)
    return found


def message_id(event: Event, response: Response) -> UUID:
    """Each is told once: created and finished of a response, updated of a revision."""
    revision = response.revision if event is Event.UPDATED else ""
    return derived("webhook", event, response.id, revision)


def _is_finished(response: Response) -> bool:
    return response.state is ResponseState.FINISHED
