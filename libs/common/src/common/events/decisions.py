"""Every interaction's one verdict. Written by the orchestrator, read by analytics."""

from datetime import datetime
from uuid import UUID

from common.events.calls import Interaction
from common.events.enumeration import OpenEnum
from common.events.fact import Fact
from common.events.values import Channel, Metric


class Verdict(OpenEnum):
    INVITE = "invite"
    SKIP = "skip"
    UNKNOWN = "unknown"


class Reason(OpenEnum):
    """Why a person is not asked; the first guard that refuses, in the order of `decide`."""

    DO_NOT_SURVEY = "do_not_survey"
    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"
    BEFORE_FLOW_ENABLED = "before_flow_enabled"
    NOT_CONNECTED = "not_connected"
    NO_FLOW = "no_flow"
    NO_ADDRESS = "no_address"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    INTERNAL_NUMBER = "internal_number"
    NUMBER_DISABLED = "number_disabled"
    TALK_TIME = "talk_time"
    OPTED_OUT = "opted_out"
    DO_NOT_CONTACT = "do_not_contact"
    NO_CONSENT = "no_consent"
    CONSENT_EXPIRED = "consent_expired"  # the yes was said too long ago for where they are
    UNREACHABLE = "unreachable"
    SAMPLED_OUT = "sampled_out"
    FREQUENCY_CAP = "frequency_cap"
    DAILY_CEILING = "daily_ceiling"
    PREFIX_CEILING = "prefix_ceiling"
    SHARED_CAP = "shared_cap"  # of an agent, a team or a queue
    QUOTA = "quota"
    NO_SENDER = "no_sender"
    CLOSED = "closed"  # outside the hours of the flow: asked later, or never within a month
    UNKNOWN = "unknown"


class Finding(Fact, frozen=True, kw_only=True):
    """A guard that refused or used a fact: what it looked at, in words a supervisor reads."""

    guard: Reason
    fact: str
    refused: bool = False


class PassedOver(Fact, frozen=True, kw_only=True):
    """A step of the channel plan that was not tried, since its channel cannot be used."""

    number: int
    channel: Channel
    reason: str  # a `Reason`, or `line_type`


class Decision(Fact, frozen=True, kw_only=True):
    """`invite` (which flow, which plan) or `skip` (which guard), with the facts used."""

    interaction: Interaction
    verdict: Verdict
    decided_at: datetime
    config_version: int
    reason: Reason | None = None  # None exactly when invited
    flow_id: str | None = None
    flow_version: int | None = None
    survey_id: str | None = None
    survey_version: int | None = None
    metric: Metric | None = None
    channel: Channel | None = None  # of the first step that goes out
    step: int = 0  # its number in the channel plan
    passed_over: tuple[PassedOver, ...] = ()  # steps before it
    invitation_id: UUID | None = None
    due_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    lost_flows: tuple[str, ...] = ()  # matched too, with a lower priority
    test: bool = False  # the contact is a test number, or the source said so: counts nowhere
    # Grows when the source amended the interaction, and when one that was no conversation is told
    # again as one: then it is decided again. A verdict that invites never changes.
    revision: int = 0
