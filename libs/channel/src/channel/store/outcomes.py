"""What a provider client says became of one request; `delivery` says what follows from it.

A request is sent again only after `NothingLeft`, `Throttled` and `AccountRefused`: then the
provider certainly has not taken it. After `Ambiguous` nobody knows, so nobody sends again.
"""

from dataclasses import dataclass

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


Outcome = Accepted | Rejected | NothingLeft | Throttled | AccountRefused | Ambiguous


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a status callback or a look-up tells; `status` is SENT, DELIVERED or FAILED."""

    status: DeliveryStatus
    provider_message_id: str
    failure: FailureClass | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What a person wrote. `keyword` is the provider's own reading of it: stop, start, help.

    `silent`: they were asked, were listened to, and said nothing. `rings`: they call us, and wait
    to be asked.
    """

    our_number: str
    address: str
    text: str
    keyword: str | None = None
    silent: bool = False
    rings: bool = False
