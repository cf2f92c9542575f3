"""The API of ivr-gateway. Written from its OpenAPI document by `make contracts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation


DeliveryStatus: TypeAlias = Literal[
    "queued", "claimed", "sent", "delivered", "failed", "unknown", "cancelled"
]
"""
In rank order of what we know; `RANK` says which may follow which.
"""


class FlowUsage(TypedDict):
    """
    `asks`: tried, whatever became of them. `reached`: certainly delivered or heard.
    """

    flow: str | None
    asks: int
    sent: int
    reached: int
    seconds: int
    """
    of calls, as far as the provider told
    """
    transferred: int
    """
    seconds of them with a person: those are paid for twice
    """


class Held(TypedDict):
    """
    `tables`: rows by table, as they are; `cut`: tables that hold more than is told.
    """

    contact_id: str
    workspace: str
    tables: dict[str, list[dict[str, Any]]]
    cut: list[str]


class LinkCount(TypedDict):
    """
    Of one link of a survey, told to people whose score lay in that band.
    """

    survey_id: str
    link: str
    band: str | None
    told: int
    """
    to so many people
    """
    openers: int
    """
    people who opened it
    """
    opened: int
    """
    how often people did
    """
    previews: int
    """
    how often a program looked at it: a preview, a scanner
    """


class LinksBody(TypedDict):
    links: list[LinkCount]


class LoggedMessage(TypedDict):
    """
    A message that became no answer.
    """

    id: str
    why: str
    contact_id: str
    address: str
    our_number: str
    text: str
    received_at: str


class LoggedSend(TypedDict):
    """
    One row of the delivery log. Numbers of contacts are masked.
    """

    id: str
    kind: str
    status: str
    invitation_id: str | None
    interaction_id: str | None
    contact_id: str
    address: str | None
    account: str | None
    sender: str | None
    attempts: int
    failure: str | None
    reason: str | None
    provider_message_id: str | None
    due_at: str
    expires_at: str
    created_at: str
    claimed_at: str | None
    sent_at: str | None
    delivered_at: str | None
    read_at: str | None
    """
    the person saw it, where the provider tells
    """
    closed_at: str | None
    """
    unknown: nobody looks for it any more
    """
    seconds: int | None
    """
    of a call, where the provider told
    """
    transferred: int | None
    """
    with a person whom it was put through to
    """


class MessagesPage(TypedDict):
    """
    `next_cursor` is the `cursor` of the following page.
    """

    messages: list[LoggedMessage]
    next_cursor: str | None


class Error(TypedDict):
    field: str
    """
    A dotted path, as data.ended_at.
    """
    message: str


class Problem(TypedDict):
    """
    RFC 9457.
    """

    type: str
    """
    What programs tell it by: `contracts/problems.md` has all.
    """
    title: str
    status: int
    detail: NotRequired[str]
    errors: NotRequired[list[Error]]
    """
    Every wrong field.
    """


class SegmentsBody(TypedDict):
    """
    What a text costs: `count` messages; `units` are septets (gsm-7) or UTF-16 code units.
    """

    encoding: str
    count: int
    units: int


class SendsPage(TypedDict):
    """
    `next_cursor` is the `cursor` of the following page.
    """

    sends: list[LoggedSend]
    next_cursor: str | None


class TemplateBody(TypedDict):
    """
    `variables`: what fills its places, in order. `status`: as the provider said last.
    """

    name: str
    language: str
    variables: list[str]
    status: str | None
    reason: str | None


class UsageBody(TypedDict):
    """
    `today` of `ceiling`: on channels that have a daily one, of the workspace's day.
    """

    flows: list[FlowUsage]
    today: int | None
    ceiling: int | None


class ShownBody(TypedDict):
    """
    One text. `when`: ask, reminder, question, invalid, silent, gave_up, thanks, note, ...

    `only`, `chosen`: of whom the question is asked. `longest`: segments with names of 40 characters. `keys`: what each means; `stop` opts out.
    """

    when: str
    question: str | None
    kind: str | None
    only: list[str]
    chosen: dict[str, list[str]]
    band: str | None
    text: str
    segments: NotRequired[SegmentsBody | None]
    longest: NotRequired[SegmentsBody | None]
    buttons: NotRequired[list[str]]
    template: NotRequired[TemplateBody | None]
    keys: NotRequired[dict[str, str]]
    recordings: NotRequired[list[str]]
    voice: NotRequired[str | None]
    locale: NotRequired[str | None]


class PreviewBody(TypedDict):
    """
    `in_plan`: whether the flow asks on this channel.
    """

    flow: str
    survey: str
    language: str
    languages: list[str]
    channel: str
    in_plan: bool
    messages: list[ShownBody]


class ExportIvrContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def export_ivr_contact(contact: str, **query: Unpack[ExportIvrContactQuery]) -> Operation[Held]:
    """All that is known here about a person, as the tables have it."""
    return Operation("GET", "/v1/ivr/contacts/{contact}", parts={"contact": contact}, query=query)


class ReadIvrLinksQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    from_: datetime | str
    """Told from then on; else 90 days ago."""
    to: datetime | str
    """Told before; else now."""


def read_ivr_links(**query: Unpack[ReadIvrLinksQuery]) -> Operation[LinksBody]:
    """How often links were told and opened, by survey, link and band of the score."""
    return Operation("GET", "/v1/ivr/links", query=query)


class ReadIvrPreviewQuery(TypedDict, total=False):
    flow: Required[str]
    """The id of a flow, on or off."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    language: str
    """Else that of the workspace."""
    number: str
    """Of ours: with its own texts and links."""


def read_ivr_preview(**query: Unpack[ReadIvrPreviewQuery]) -> Operation[PreviewBody]:
    """What a person gets on this channel: every text, with what it costs and how to answer."""
    return Operation("GET", "/v1/ivr/preview", query=query)


class ReadIvrSendsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    status: DeliveryStatus
    """What became of it."""
    cursor: str
    """`next_cursor` of the page before."""
    limit: int
    """Rows of a page."""


def read_ivr_sends(**query: Unpack[ReadIvrSendsQuery]) -> Operation[SendsPage]:
    """The delivery log, newest first; `status=unknown`: what may or may not have gone out."""
    return Operation("GET", "/v1/ivr/sends", query=query)


class ReadIvrSendQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_ivr_send(send_id: str, **query: Unpack[ReadIvrSendQuery]) -> Operation[LoggedSend]:
    """One step or follow-up: what became of it."""
    return Operation("GET", "/v1/ivr/sends/{send_id}", parts={"send_id": send_id}, query=query)


class ReadIvrUnmatchedQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    cursor: str
    """`next_cursor` of the page before."""
    limit: int
    """Rows of a page."""


def read_ivr_unmatched(**query: Unpack[ReadIvrUnmatchedQuery]) -> Operation[MessagesPage]:
    """Messages that became no answer: late, unreadable, or to no survey; newest first."""
    return Operation("GET", "/v1/ivr/unmatched", query=query)


class ReadIvrUsageQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    from_: datetime | str
    """Planned from then on; else 30 days ago."""
    to: datetime | str
    """Planned before; else now."""


def read_ivr_usage(**query: Unpack[ReadIvrUsageQuery]) -> Operation[UsageBody]:
    """What went out by flow: asks, how many arrived, seconds of calls; without tests."""
    return Operation("GET", "/v1/ivr/usage", query=query)
