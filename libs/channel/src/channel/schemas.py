"""Bodies of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedSend:
    """One row of the delivery log. Numbers of contacts are masked."""

    id: UUID
    kind: str
    status: str
    invitation_id: UUID | None
    interaction_id: UUID | None
    contact_id: UUID
    address: str | None
    account: str | None
    sender: str | None
    attempts: int
    failure: str | None
    reason: str | None
    provider_message_id: str | None
    due_at: datetime
    expires_at: datetime
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None  # the person saw it, where the provider tells
    closed_at: datetime | None  # unknown: nobody looks for it any more
    seconds: int | None  # of a call, where the provider told
    transferred: int | None  # with a person whom it was put through to


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage:
    """A message that became no answer."""

    id: UUID
    why: str
    contact_id: UUID
    address: str
    our_number: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SendsPage:
    """`next_cursor` is the `cursor` of the following page."""

    sends: Sequence[LoggedSend]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """`next_cursor` is the `cursor` of the following page."""

    messages: Sequence[LoggedMessage]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCount:
    """Of one link of a survey, told to people whose score lay in that band."""

    survey_id: str
    link: str
    band: str | None
    told: int  # to so many people
    openers: int  # people who opened it
    opened: int  # how often people did
    previews: int  # how often a program looked at it: a preview, a scanner


@dataclass(frozen=True, slots=True)
class LinksBody:
    links: Sequence[LinkCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowUsage:
    """`asks`: tried, whatever became of them. `reached`: certainly delivered or heard."""

    flow: str | None
    asks: int
    sent: int
    reached: int
    seconds: int  # of calls, as far as the provider told
    transferred: int  # seconds of them with a person: those are paid for twice


@dataclass(frozen=True, slots=True)
class UsageBody:
    """`today` of `ceiling`: on channels that have a daily one, of the workspace's day."""

    flows: Sequence[FlowUsage]
    today: int | None
    ceiling: int | None


@dataclass(frozen=True, slots=True)
class SegmentsBody:
    """What a text costs: `count` messages; `units` are septets (gsm-7) or UTF-16 code units."""

    encoding: str
    count: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateBody:
    """`variables`: what fills its places, in order. `status`: as the provider said last."""

    name: str
    language: str
    variables: Sequence[str]
    status: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBody:
    """One text. `when`: ask, reminder, question, invalid, silent, gave_up, thanks, note, ...

    `only`, `chosen`: of whom the question is asked. `longest`: segments with names of 40
    characters. `keys`: what each means; `stop` opts out.
    """

    when: str
    question: str | None
    kind: str | None
    only: Sequence[str]
    chosen: Mapping[str, Sequence[str]]
    band: str | None
    text: str
    segments: SegmentsBody | None = None
    longest: SegmentsBody | None = None
    buttons: Sequence[str] = ()
    template: TemplateBody | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    recordings: Sequence[str] = ()
    voice: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewBody:
    """`in_plan`: whether the flow asks on this channel."""

    flow: str
    survey: str
    language: str
    languages: Sequence[str]
    channel: str
    in_plan: bool
    messages: Sequence[ShownBody]
