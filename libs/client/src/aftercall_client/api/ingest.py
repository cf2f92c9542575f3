"""The API of ingest. Written from its OpenAPI document by `make contracts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation


class Accepted(TypedDict):
    """
    `address_problem` (hidden, invalid, premium_rate, ...): taken, but nobody can be asked.
    """

    interaction_id: str
    address_problem: NotRequired[str | None]


class AcceptedOne(TypedDict):
    """
    An event of a batch; `index` counts from 0.
    """

    interaction_id: str
    address_problem: NotRequired[str | None]
    index: int


Tag: TypeAlias = str


LinkedItem: TypeAlias = str


Direction: TypeAlias = Literal["inbound", "outbound", "internal", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


Ending: TypeAlias = Literal[
    "connected", "missed", "abandoned", "voicemail", "busy", "failed", "unknown"
]
"""
How an interaction ended; only `connected` means that an agent and the person talked.
"""


class FieldError(TypedDict):
    """
    What is wrong with one field of a body: `field` is a dotted path, `message` a sentence.
    """

    field: str
    message: str


class Held(TypedDict):
    """
    `tables`: rows by table, as they are; `cut`: tables that hold more than is told.
    """

    contact_id: str
    workspace: str
    tables: dict[str, list[dict[str, Any]]]
    cut: list[str]


class Ignored(TypedDict):
    """
    It reports no end: a ringing telephone, say. `why`: going_on, other_leg, not_selected, other_type, handshake, or unjudged, for an event that the adapter does not know.
    """

    ignored: str
    why: NotRequired[str]


Kind: TypeAlias = Literal["call", "ticket", "chat", "audience", "unknown"]
"""
What may start a survey. `unknown`: a word of a newer version; never to be sent to us.
"""


AgentTag: TypeAlias = str


class Leg(TypedDict):
    """
    One agent's part of the conversation, as the event told it: frozen, never looked up later.
    """

    agent_id: NotRequired[str | None]
    agent_name: NotRequired[str | None]
    agent_tags: NotRequired[list[AgentTag]]
    team: NotRequired[str | None]
    queue: NotRequired[str | None]
    talk_seconds: NotRequired[float | None]


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


class Validated(TypedDict):
    """
    To Zoom, that the URL is ours: its token, signed by the source's secret (hex).
    """

    plainToken: str
    encryptedToken: str


class AcceptedBatch(TypedDict):
    """
    What was taken of a batch, and what is wrong with the rest: `3.data.id` is of event 3.
    """

    accepted: list[AcceptedOne]
    errors: list[FieldError]
    ignored: NotRequired[int]
    """
    events of other types
    """


class Call(TypedDict):
    """
    `data` of the public CloudEvent, and what every vendor adapter returns.

    `id` is the source's own name for the conversation. `address` is the customer's number (or e-mail address of a ticket or chat) as the source spells it; empty or `anonymous` when hidden. `direction` None: not said; it then follows from the two numbers. Legs are in time order.
    """

    id: str
    kind: Kind
    ending: Ending
    address: str
    ended_at: str
    direction: NotRequired[Direction | None]
    our_number: NotRequired[str | None]
    site: NotRequired[str | None]
    region: NotRequired[str | None]
    queue: NotRequired[str | None]
    legs: NotRequired[list[Leg]]
    started_at: NotRequired[str | None]
    agent_answered_at: NotRequired[str | None]
    wait_seconds: NotRequired[float | None]
    talk_seconds: NotRequired[float | None]
    hold_seconds: NotRequired[float | None]
    transfers: NotRequired[int]
    tags: NotRequired[list[Tag]]
    disposition: NotRequired[str | None]
    language: NotRequired[str | None]
    customer_id: NotRequired[str | None]
    customer_name: NotRequired[str | None]
    recording_url: NotRequired[str | None]
    linked: NotRequired[list[LinkedItem]]
    attributes: NotRequired[dict[str, str]]
    do_not_survey: NotRequired[bool]
    test: NotRequired[bool]


class CloudEvent(TypedDict):
    """
    A CloudEvent 1.0 in structured JSON. `source` and `data.id` together name the interaction.

    `workspace` is an extension attribute; it has to agree with the key's. So is `traceparent` (W3C), which goes along to the log line of the request to the provider. An amendment needs `time`, for the latest one is the truth.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["interaction.ended.v1", "interaction.amended.v1"]
    data: Call
    time: NotRequired[str | None]
    workspace: NotRequired[str | None]
    traceparent: NotRequired[str | None]
    datacontenttype: NotRequired[str | None]


class PostEventQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    source: str
    """With a signature: the id of the source whose secret it is."""


def post_event(
    body: CloudEvent,
    *,
    webhook_id: str | None = None,
    webhook_timestamp: str | None = None,
    ce_specversion: str | None = None,
    traceparent: str | None = None,
    **query: Unpack[PostEventQuery],
) -> Operation[Accepted | Ignored | AcceptedBatch]:
    """CloudEvents 1.0, structured, binary or a batch; operators name a `workspace`.

    Without a key: one body of a source (`?source=`) with a signature of Standard Webhooks.
    """
    return Operation(
        "POST",
        "/v1/events",
        body=body,
        media="application/cloudevents+json",
        headers={
            "webhook-id": webhook_id,
            "webhook-timestamp": webhook_timestamp,
            "ce-specversion": ce_specversion,
            "traceparent": traceparent,
        },
        query=query,
    )


class ExportContactPartsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def export_contact_parts(contact: str, **query: Unpack[ExportContactPartsQuery]) -> Operation[Held]:
    """All that is kept here about a person, as the tables have it."""
    return Operation(
        "GET", "/v1/events/contacts/{contact}", parts={"contact": contact}, query=query
    )


class GetCallQuery(TypedDict, total=False):
    key: str
    """One of the source's secrets."""


def get_call(source: str, **query: Unpack[GetCallQuery]) -> Operation[Ignored | Validated]:
    """For vendors that send a query rather than a body."""
    return Operation("GET", "/v1/sources/{source}/calls", parts={"source": source}, query=query)


class PostCallQuery(TypedDict, total=False):
    key: str
    """One of the source's secrets."""


def post_call(
    source: str, body: Mapping[str, Any], **query: Unpack[PostCallQuery]
) -> Operation[Ignored | Validated]:
    """The vendor's own body; the source's secret is `?key=`."""
    return Operation(
        "POST", "/v1/sources/{source}/calls", parts={"source": source}, body=body, query=query
    )


def get_call_at_secret(source: str, secret: str) -> Operation[Ignored | Validated]:
    """Likewise, with the secret in the path."""
    return Operation(
        "GET", "/v1/sources/{source}/calls/{secret}", parts={"source": source, "secret": secret}
    )


def post_call_at_secret(
    source: str, secret: str, body: Mapping[str, Any]
) -> Operation[Ignored | Validated]:
    """For vendors that append a query of their own to the URL."""
    return Operation(
        "POST",
        "/v1/sources/{source}/calls/{secret}",
        parts={"source": source, "secret": secret},
        body=body,
    )
