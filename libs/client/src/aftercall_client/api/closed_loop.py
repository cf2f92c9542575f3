"""The API of closed-loop. Written from its OpenAPI document by `make contracts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation


class AnswerData(TypedDict):
    """
    `metric` and `scale`: what the value was measured by when it was given.

    `option`: what was chosen; `value` is its place among those that were offered.
    """

    question_id: str
    kind: str
    metric: str | None
    scale: tuple[int, int] | None
    value: int | None
    option: str | None
    text: str | None
    answered_at: str


class AttemptBody(TypedDict):
    """
    `answer`: the first 1,000 characters of what was answered.
    """

    at: str
    status: int | None
    problem: str | None
    answer: str
    milliseconds: int


class DeliveryBody(TypedDict):
    """
    `id`: `webhook-id` is `msg_` and this, without hyphens. `next_at`: while it waits.
    """

    id: str
    type: str
    at: str
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    status: int | None
    problem: str | None
    made_at: str
    next_at: str | None
    done_at: str | None


Digest: TypeAlias = Literal["at_once", "hourly", "daily"]
"""
How often people are told at most; what came meanwhile is told together.
"""


class EndpointBody(TypedDict):
    """
    `disabled_because`: we switched it off. `failing_since`: nothing was taken since.
    """

    id: str
    name: str
    format: str
    url: str
    """
    Of a Slack webhook, which is a secret, a part
    """
    events: list[str]
    flows: list[str]
    surveys: list[str]
    numbers: str
    enabled: bool
    disabled_because: str | None
    failing_since: str | None
    both_secrets_until: str | None
    made_at: str
    changed_at: str
    changed_by: str


Flow: TypeAlias = str


Survey: TypeAlias = str


class EndpointMade(TypedDict):
    """
    The only answer that holds the secret, but for that of its rotation.
    """

    endpoint: EndpointBody
    secret: str


class EndpointsBody(TypedDict):
    endpoints: list[EndpointBody]


Event: TypeAlias = Literal[
    "response.created", "response.updated", "response.finished", "alert.raised"
]
"""
What an endpoint may be told of.
"""


class Figure(TypedDict):
    """
    With its 95 % interval.
    """

    value: float | None
    low: float | None
    high: float | None


class Held(TypedDict):
    """
    `tables`: rows by table, as they are; `cut`: tables that hold more than is told.
    """

    contact_id: str
    workspace: str
    tables: dict[str, list[dict[str, Any]]]
    cut: list[str]


Kind: TypeAlias = Literal["low_rating", "falling_score", "falling_response_rate"]


class LowRating(TypedDict):
    """
    Of one response. Numbers are left out of the comment.
    """

    kind: Literal["low_rating"]
    at: str
    response_id: str
    interaction_id: str
    metric: str
    score: int
    comment: str | None
    queue: str
    team: str
    agent: str
    agent_name: str
    survey: str
    flow_id: str | None
    channel: str
    link: str


class MailBody(TypedDict):
    id: str
    rule_id: str
    recipient: str
    subject: str
    state: Literal["waiting", "sent", "failed"]
    tries: int
    problem: str | None
    made_at: str
    done_at: str | None


class MailsPage(TypedDict):
    """
    Newest first.
    """

    mails: list[MailBody]
    next_cursor: str | None


class NewEndpoint(TypedDict):
    """
    `flows`, `surveys`: of these alone; empty: of all. `numbers: full` is an admin's to allow.

    `format: slack`: alerts as `{"text": ...}`, for an incoming webhook of Slack or its like.
    """

    url: str
    events: list[Event]
    name: NotRequired[str]
    flows: NotRequired[list[Flow]]
    surveys: NotRequired[list[Survey]]
    numbers: NotRequired[Literal["masked", "full"]]
    enabled: NotRequired[bool]
    format: NotRequired[Literal["signed", "slack"]]


Team: TypeAlias = str


Queue: TypeAlias = str


Email: TypeAlias = str


class NewRule(TypedDict):
    """
    `flows` (of low ratings alone), `surveys`, `teams`, `queues`: of these; empty: of all.

    `webhooks`: ids of those that are told; empty: all that hear of `alert.raised`. `cool_down`: seconds between two notices; absent: a minute, or two weeks for what falls.
    """

    name: str
    kind: Kind
    enabled: NotRequired[bool]
    flows: NotRequired[list[Flow]]
    surveys: NotRequired[list[Survey]]
    teams: NotRequired[list[Team]]
    queues: NotRequired[list[Queue]]
    metric: NotRequired[Literal["nps", "csat", "ces", "mood"] | None]
    emails: NotRequired[list[Email]]
    webhooks: NotRequired[list[str]]
    digest: NotRequired[Digest]
    cool_down: NotRequired[int | None]


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


class RaisedFall(TypedDict):
    kind: Literal["falling_score", "falling_response_rate"]
    at: str
    week: str
    metric: str | None
    n: int
    before_n: int
    before: Figure
    after: Figure
    link: str
    teams: NotRequired[list[str]]
    id: str


class RaisedRating(TypedDict):
    kind: Literal["low_rating"]
    at: str
    response_id: str
    interaction_id: str
    metric: str
    score: int
    comment: str | None
    queue: str
    team: str
    agent: str
    agent_name: str
    survey: str
    flow_id: str | None
    channel: str
    link: str
    id: str


ReplayBody = TypedDict(
    "ReplayBody",
    {
        "message": NotRequired[str | None],
        "from": NotRequired[str | None],
        "to": NotRequired[str | None],
        "only": NotRequired[Literal["failed", "all"]],
    },
)


class Replayed(TypedDict):
    """
    `queued`: so many will be sent. `more_from`: ask again from there; None: that was all.
    """

    queued: int
    more_from: str | None


class ResponseData(TypedDict):
    """
    A call with one response, as of its `revision`: the fields of `GET /v1/responses`.

    `address` is masked unless the endpoint may have numbers in full; "" in a key is: none.
    """

    response_id: str
    revision: int
    interaction_id: str
    day: str | None
    zone: str
    ended_at: str | None
    source: str | None
    call_id: str | None
    contact_id: str | None
    address: str | None
    country: str | None
    kind: str | None
    ending: str | None
    direction: str | None
    queue: str
    agent: str
    agent_name: str
    team: str
    agents: list[str]
    teams: list[str]
    number: str
    site: str
    region: str
    disposition: str
    tags: list[str]
    talk_seconds: float | None
    wait_seconds: float | None
    hold_seconds: float | None
    transfers: int | None
    asked: bool
    reason: str | None
    decided_at: str | None
    flow_id: str | None
    flow_version: int | None
    invitation_id: str | None
    survey: str
    survey_version: int
    metric: str
    channel: str
    state: str
    language: str
    started_at: str
    score: int | None
    answered_at: str
    comment: str | None
    answers: list[AnswerData]


class RotationBody(TypedDict):
    """
    The secret before signs so long beside the new one; 0: not at all.
    """

    keep_hours: NotRequired[int]


class RuleBody(TypedDict):
    """
    `looked_week`: the last one that a falling rule looked at; `problem`: why it could not.
    """

    id: str
    name: str
    kind: str
    enabled: bool
    flows: list[str]
    surveys: list[str]
    teams: list[str]
    queues: list[str]
    metric: str | None
    emails: list[str]
    webhooks: list[str]
    digest: str
    cool_down: int
    made_at: str
    changed_at: str
    changed_by: str
    told_at: str | None
    looked_week: str | None
    problem: str | None


class RuleChange(TypedDict):
    """
    What is absent stays as it is; the kind of a rule does not change.
    """

    name: NotRequired[str | None]
    enabled: NotRequired[bool | None]
    flows: NotRequired[list[Flow] | None]
    surveys: NotRequired[list[Survey] | None]
    teams: NotRequired[list[Team] | None]
    queues: NotRequired[list[Queue] | None]
    metric: NotRequired[Literal["nps", "csat", "ces", "mood"] | None]
    emails: NotRequired[list[Email] | None]
    webhooks: NotRequired[list[str] | None]
    digest: NotRequired[Digest | None]
    cool_down: NotRequired[int | None]


class RulesBody(TypedDict):
    """
    `mails`: the operator has set a mail server.
    """

    rules: list[RuleBody]
    mails: bool


class SecretRotated(TypedDict):
    """
    The secret before signs beside it until `both_until`.
    """

    secret: str
    both_until: str


class TestBody(TypedDict):
    """
    What the test says.
    """

    text: NotRequired[str]


class TestData(TypedDict):
    """
    Of a webhook that somebody asked for.
    """

    text: str
    endpoint_id: str


class AlertData(TypedDict):
    """
    What one notice tells; `more`: so many alerts beside those that are listed.
    """

    rule_id: str
    rule: str
    kind: str
    subject: str
    text: str
    alerts: list[RaisedRating | RaisedFall]
    more: int


class DeliveriesPage(TypedDict):
    """
    Newest first. `next_cursor` is the `cursor` of the following page.
    """

    deliveries: list[DeliveryBody]
    next_cursor: str | None


class EndpointChange(TypedDict):
    """
    What is absent stays as it is.
    """

    url: NotRequired[str | None]
    events: NotRequired[list[Event] | None]
    name: NotRequired[str | None]
    flows: NotRequired[list[Flow] | None]
    surveys: NotRequired[list[Survey] | None]
    numbers: NotRequired[Literal["masked", "full"] | None]
    enabled: NotRequired[bool | None]


class Falling(TypedDict):
    """
    Of one week. `after`: of the last four weeks, `n`; `before`: of the half year before.

    `teams`: that it is of; empty: of all, or told by an older version.
    """

    kind: Literal["falling_score", "falling_response_rate"]
    at: str
    week: str
    metric: str | None
    n: int
    before_n: int
    before: Figure
    after: Figure
    link: str
    teams: NotRequired[list[str]]


class WebhookBody(TypedDict):
    """
    What the endpoint gets.
    """

    type: str
    timestamp: str
    data: ResponseData | AlertData | TestData


class AlertBody(TypedDict):
    """
    `told_at` null: it waits for a digest, or a cool-down.
    """

    id: str
    rule_id: str
    rule: str
    made_at: str
    told_at: str | None
    alert: LowRating | Falling


class AlertsPage(TypedDict):
    """
    Newest first.
    """

    alerts: list[AlertBody]
    next_cursor: str | None


class DeliveryDetail(TypedDict):
    """
    With its body as it is sent, and all attempts, the newest first.
    """

    delivery: DeliveryBody
    body: WebhookBody
    attempts: list[AttemptBody]


class GetAlertsQuery(TypedDict, total=False):
    rule: str
    """Of this rule alone."""
    limit: int
    """Rows of a page."""
    cursor: str
    """`next_cursor` of the page before."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_alerts(**query: Unpack[GetAlertsQuery]) -> Operation[AlertsPage]:
    """What was raised, the newest first.

    For a supervisor of their own teams, for an agent about their own calls.
    """
    return Operation("GET", "/v1/alerts", query=query)


class ExportContactMessagesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def export_contact_messages(
    contact: str, **query: Unpack[ExportContactMessagesQuery]
) -> Operation[Held]:
    """All that is known here about a person, as the tables have it."""
    return Operation(
        "GET", "/v1/alerts/contacts/{contact}", parts={"contact": contact}, query=query
    )


class GetAlertMailsQuery(TypedDict, total=False):
    limit: int
    """Rows of a page."""
    cursor: str
    """`next_cursor` of the page before."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_alert_mails(**query: Unpack[GetAlertMailsQuery]) -> Operation[MailsPage]:
    """Mails about alerts and what became of them, the newest first."""
    return Operation("GET", "/v1/alerts/mails", query=query)


class GetAlertRulesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_alert_rules(**query: Unpack[GetAlertRulesQuery]) -> Operation[RulesBody]:
    """What alerts are raised for, and who is told."""
    return Operation("GET", "/v1/alerts/rules", query=query)


class PostAlertRuleQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_alert_rule(body: NewRule, **query: Unpack[PostAlertRuleQuery]) -> Operation[RuleBody]:
    """Makes one; what happened before raises nothing."""
    return Operation("POST", "/v1/alerts/rules", body=body, query=query)


class GetAlertRuleQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_alert_rule(rule: str, **query: Unpack[GetAlertRuleQuery]) -> Operation[RuleBody]:
    """One of them."""
    return Operation("GET", "/v1/alerts/rules/{rule}", parts={"rule": rule}, query=query)


class PatchAlertRuleQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def patch_alert_rule(
    rule: str, body: RuleChange, **query: Unpack[PatchAlertRuleQuery]
) -> Operation[RuleBody]:
    """Changes what is named. Of one that is switched off, what waited is not told."""
    return Operation(
        "PATCH", "/v1/alerts/rules/{rule}", parts={"rule": rule}, body=body, query=query
    )


class DeleteAlertRuleQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def delete_alert_rule(rule: str, **query: Unpack[DeleteAlertRuleQuery]) -> Operation[None]:
    """Removes it, with its alerts."""
    return Operation("DELETE", "/v1/alerts/rules/{rule}", parts={"rule": rule}, query=query)


class GetWebhooksQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_webhooks(**query: Unpack[GetWebhooksQuery]) -> Operation[EndpointsBody]:
    """Where this workspace is told of answers and alerts."""
    return Operation("GET", "/v1/webhooks", query=query)


class PostWebhookQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_webhook(body: NewEndpoint, **query: Unpack[PostWebhookQuery]) -> Operation[EndpointMade]:
    """Makes one. The secret that its requests are signed with is in this answer and no other."""
    return Operation("POST", "/v1/webhooks", body=body, query=query)


class GetWebhookQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_webhook(endpoint: str, **query: Unpack[GetWebhookQuery]) -> Operation[EndpointBody]:
    """One of them."""
    return Operation("GET", "/v1/webhooks/{endpoint}", parts={"endpoint": endpoint}, query=query)


class PatchWebhookQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def patch_webhook(
    endpoint: str, body: EndpointChange, **query: Unpack[PatchWebhookQuery]
) -> Operation[EndpointBody]:
    """Changes what is named. Switched on again, it hears of what happens from then on.

    What it missed can be replayed.
    """
    return Operation(
        "PATCH", "/v1/webhooks/{endpoint}", parts={"endpoint": endpoint}, body=body, query=query
    )


class DeleteWebhookQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def delete_webhook(endpoint: str, **query: Unpack[DeleteWebhookQuery]) -> Operation[None]:
    """Removes it, with its log."""
    return Operation("DELETE", "/v1/webhooks/{endpoint}", parts={"endpoint": endpoint}, query=query)


class GetWebhookDeliveriesQuery(TypedDict, total=False):
    state: Literal["waiting", "delivered", "failed"]
    """Only these."""
    limit: int
    """Rows of a page."""
    cursor: str
    """`next_cursor` of the page before."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_webhook_deliveries(
    endpoint: str, **query: Unpack[GetWebhookDeliveriesQuery]
) -> Operation[DeliveriesPage]:
    """What was sent there or will be, the newest first."""
    return Operation(
        "GET", "/v1/webhooks/{endpoint}/deliveries", parts={"endpoint": endpoint}, query=query
    )


class GetWebhookDeliveryQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_webhook_delivery(
    endpoint: str, message: str, **query: Unpack[GetWebhookDeliveryQuery]
) -> Operation[DeliveryDetail]:
    """One of them: its body, and each attempt with what was answered."""
    return Operation(
        "GET",
        "/v1/webhooks/{endpoint}/deliveries/{message}",
        parts={"endpoint": endpoint, "message": message},
        query=query,
    )


class PostWebhookReplayQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_webhook_replay(
    endpoint: str, body: ReplayBody, **query: Unpack[PostWebhookReplayQuery]
) -> Operation[Replayed]:
    """Sends one message, or those of a stretch of time, once more: with the same `webhook-id`.

    At most 10,000 at a time.
    """
    return Operation(
        "POST",
        "/v1/webhooks/{endpoint}/replay",
        parts={"endpoint": endpoint},
        body=body,
        query=query,
    )


class PostWebhookSecretQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_webhook_secret(
    endpoint: str, body: RotationBody, **query: Unpack[PostWebhookSecretQuery]
) -> Operation[SecretRotated]:
    """A new secret; for a day, or as long as is said, each request is signed by both."""
    return Operation(
        "POST",
        "/v1/webhooks/{endpoint}/secret",
        parts={"endpoint": endpoint},
        body=body,
        query=query,
    )


class PostWebhookTestQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_webhook_test(
    endpoint: str, body: TestBody, **query: Unpack[PostWebhookTestQuery]
) -> Operation[DeliveryDetail]:
    """Sends a `webhook.test`; what became of it is in the log a moment later."""
    return Operation(
        "POST", "/v1/webhooks/{endpoint}/test", parts={"endpoint": endpoint}, body=body, query=query
    )
