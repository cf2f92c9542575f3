"""What a provider client says became of one request; `delivery` says what follows from it.

A request is sent again only after `NothingLeft`, `Throttled`, `Deferred` and `AccountRefused`: the
provider certainly has not taken it. After `Ambiguous` nobody knows, so nobody sends again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from common.events.sends import DeliveryStatus, FailureClass


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it, under this name."""

    provider_message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will never send it. `code` is the provider's word for why."""

    failure: FailureClass
    code: str


@dataclass(frozen=True, slots=True)
class NothingLeft:
    """No connection, no name, no TLS, no place in the pool: no byte of it left us."""

    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too fast. `after` in seconds, when the provider said so."""

    after: float | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not this message now, though others go: too many to one person. It was not taken."""

    reason: str
    after: float  # seconds


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """Not this message but the account or its set-up is not accepted.

    `sender_only`: one number of it (not owned, not registered); its others work.
    """

    code: str
    sender_only: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been sent: no answer, a broken answer, or 5xx."""

    reason: str


Outcome = Accepted | Rejected | NothingLeft | Throttled | Deferred | AccountRefused | Ambiguous
LONGEST_NAME = 500  # characters of what a provider calls a message; a key of ours
LONGEST_WORDS = 200  # characters of why


def storable(outcome: Outcome) -> Outcome:
    """As a row can hold it, whatever the provider answered.

    A message whose name cannot be kept may have been sent, and no receipt would find it.
    """
    match outcome:
        case Accepted(name):
            if len(name) > LONGEST_NAME or _kept(name) != name:
                return Ambiguous("a message's name that cannot be kept")
        case Rejected(code=code) | AccountRefused(code=code):
            return replace(outcome, code=_kept(code)[:LONGEST_WORDS])
        case NothingLeft(reason=reason) | Deferred(reason=reason) | Ambiguous(reason=reason):
            return replace(outcome, reason=_kept(reason)[:LONGEST_WORDS])
    return outcome


def _kept(text: str) -> str:
    """PostgreSQL takes no NUL, and UTF-8 has no half of a pair."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a status callback or a look-up tells; `status` is SENT, DELIVERED or FAILED."""

    status: DeliveryStatus
    provider_message_id: str
    failure: FailureClass | None = None
    code: str | None = None
    read: bool = False  # the person has seen it, where the provider tells
    seconds: int | None = None  # how long a call was, where it is over
    transferred: int | None = None  # how long they spoke with a person it was put through to


@dataclass(frozen=True, slots=True)
class Choice:
    """A tapped answer: the value itself, whatever the button's title says in whatever language."""

    question_id: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What a person wrote or tapped. `keyword`: the provider's own reading of it.

    It is stop, start or help. `silent`: they were listened to, and said nothing. `unsure`: they
    spoke, and it may have been something else. `in_app`: done
    in the provider's app, so nobody waits for a word.
    `about`: the provider's name of the message that it answers; `invitation_id`: where the tapped
    button says it. `written_at`: by the provider's clock; callbacks may come days later.
    `rings`: they call us, and wait to be asked.
    """

    our_number: str
    address: str
    text: str
    keyword: str | None = None
    in_app: bool = False
    choice: Choice | None = None
    about: str | None = None
    invitation_id: UUID | None = None
    written_at: datetime | None = None
    silent: bool = False
    unsure: bool = False
    rings: bool = False
