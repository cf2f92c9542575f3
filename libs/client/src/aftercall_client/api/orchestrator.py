"""The API of orchestrator. Written from its OpenAPI document by `make contracts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation


class Acknowledged(TypedDict):
    """
    `version`: of the text that was read.
    """

    version: str


class Acknowledgement(TypedDict):
    """
    Who acknowledged which text, and when.
    """

    version: str
    text: str
    acknowledged_at: str
    acknowledged_by: str


Address: TypeAlias = str


class AddressesBody(TypedDict):
    """
    Numbers in E.164 (or as they are written in `region`) and e-mail addresses.
    """

    addresses: list[Address]
    region: NotRequired[str | None]


class AudienceBody(TypedDict):
    """
    `waiting`: not taken so far. `not_asked` by reason, as in decisions.
    """

    id: str
    state: str
    """
    paused | running | done: nobody waits | ended: who waited is forgotten
    """
    per_hour: int
    made_at: str
    made_by: str
    people: int
    waiting: int
    asked: int
    not_asked: dict[str, int]


class AudienceChange(TypedDict):
    """
    `running`: some are taken each moment, `per_hour` in all. `paused`: none is, until then.
    """

    state: NotRequired[Literal["running", "paused"] | None]
    per_hour: NotRequired[int | None]


class AudiencePerson(TypedDict):
    """
    `address`: E.164 (or as it is written in `region`), or an e-mail address.
    """

    address: str
    name: NotRequired[str | None]
    customer_id: NotRequired[str | None]
    language: NotRequired[str | None]
    queue: NotRequired[str | None]
    agent: NotRequired[str | None]
    team: NotRequired[str | None]
    our_number: NotRequired[str | None]
    attributes: NotRequired[dict[str, str]]


class AudiencesBody(TypedDict):
    audiences: list[AudienceBody]


Band: TypeAlias = Literal["low", "middle", "high", "unknown"]
"""
Where a score lies; the closing text and what happens next depend on it. `unknown`: a word of a newer version; never to be sent to us.
"""


class ChangeBody(TypedDict):
    """
    One document.
    """

    change: Literal["added", "changed", "removed"]
    kind: str
    id: str
    fields: list[str]
    """
    dotted paths of what differs
    """


Channel: TypeAlias = Literal["sms", "ivr", "whatsapp", "email", "web", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


Condition = TypedDict(
    "Condition",
    {
        "all": NotRequired[Optional[list["Condition"]]],
        "any": NotRequired[Optional[list["Condition"]]],
        "none": NotRequired[Optional[list["Condition"]]],
        "field": NotRequired[str | None],
        "is": NotRequired[str | bool | int | float | None],
        "is_not": NotRequired[str | bool | int | float | None],
        "one_of": NotRequired[list[str | bool | int | float] | None],
        "contains": NotRequired[str | None],
        "begins_with": NotRequired[str | None],
        "at_least": NotRequired[float | None],
        "at_most": NotRequired[float | None],
        "exists": NotRequired[bool | None],
        "zone": NotRequired[str | None],
    },
)


Queue: TypeAlias = str


AgentTag: TypeAlias = str


Tag: TypeAlias = str


WithoutTag: TypeAlias = str


Country: TypeAlias = str


class ConsentBody(TypedDict):
    """
    Who is meant by `address` (E.164 or e-mail) or by `contact_id`; `occurred_at` is now.
    """

    channel: Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
    state: Literal["granted", "withdrawn", "doubted"]
    address: NotRequired[str | None]
    contact_id: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    evidence: NotRequired[str]


ConsentPolicy: TypeAlias = Literal["opt_in", "opt_out", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


ConsentState: TypeAlias = Literal["granted", "withdrawn", "doubted", "cleared", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


class ContactSearch(TypedDict):
    """
    `address`: E.164 or e-mail.
    """

    address: str


CountedBy: TypeAlias = Literal["contact", "agent", "team", "queue", "flow", "unknown"]
"""
Whose asks are counted together. An agent, a team, a queue: of the interaction, the last. `unknown`: a word of a newer version; never to be sent to us.
"""


class CountryConsent(TypedDict):
    """
    What holds for these channels in these countries; elsewhere `explicit_consent` does.

    `expires_after`: how long a yes is good, from when it was said; nothing: for ever.
    """

    countries: list[Country]
    channels: list[Channel]
    policy: ConsentPolicy
    expires_after: NotRequired[str | None]


class CountryHours(TypedDict):
    """
    When people are asked on these channels there, by flows whose hours are `by-country`.
    """

    countries: list[Country]
    channels: list[Channel]
    open: str


class Days(TypedDict):
    """
    Whether people are asked on `weekends` and on public `holidays` of their number's country.

    `subdivisions`: the part of a country whose holidays count, such as `{DE: BY, US: CA}`.
    """

    weekends: NotRequired[bool]
    holidays: NotRequired[bool]
    subdivisions: NotRequired[dict[str, str]]


Direction: TypeAlias = Literal["inbound", "outbound", "internal", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


class DltTemplate(TypedDict):
    """
    `text` as it is registered for `header`, with its variables, such as `{#var#}`.
    """

    id: str
    header: str
    text: str


class DoubtBody(TypedDict):
    """
    `evidence`: what was said. `address` is masked; null: known by its id only.
    """

    id: str
    workspace: str
    contact_id: str
    address: str | None
    channel: Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
    occurred_at: str
    source: str
    """
    reply | api | import
    """
    evidence: str
    recorded_at: str


class DoubtDecision(TypedDict):
    """
    `evidence`: why, for whoever reads the ledger.
    """

    opted_out: bool
    evidence: NotRequired[str]


class DoubtsBody(TypedDict):
    """
    `next_cursor` is the `cursor` of the following page.
    """

    doubts: list[DoubtBody]
    next_cursor: str | None


class DraftName(TypedDict):
    """
    Of a draft.
    """

    kind: str
    id: str


DryRunRequest = TypedDict(
    "DryRunRequest",
    {
        "draft": NotRequired[dict[str, Any] | None],
        "drafts": NotRequired[list[DraftName] | None],
        "from": str,
        "to": NotRequired[str | None],
        "prices": NotRequired[dict[str, float]],
    },
)


Ending: TypeAlias = Literal[
    "connected", "missed", "abandoned", "voicemail", "busy", "failed", "unknown"
]
"""
How an interaction ended; only `connected` means that an agent and the person talked.
"""


class EntryBody(TypedDict):
    contact_id: str
    address: str


class ExportBody(TypedDict):
    """
    `elsewhere`: the paths at which the other services tell what they hold.
    """

    contact_id: str
    workspace: str
    tables: dict[str, list[dict[str, Any]]]
    cut: list[str]
    elsewhere: dict[str, str]


class FieldError(TypedDict):
    """
    What is wrong with one field of a body: `field` is a dotted path, `message` a sentence.
    """

    field: str
    message: str


class FlowSwitch(TypedDict):
    enabled: bool


Handshake: TypeAlias = Literal["zoom", "ringcentral", "unknown"]
"""
How a vendor makes sure of a URL before it sends there. `unknown`: a word of a newer version; never to be sent to us.
"""


LinkedItem: TypeAlias = str


InvitationStatus: TypeAlias = Literal["pending", "asked", "answered", "failed", "cancelled"]


class KeyBody(TypedDict):
    """
    `workspace` absent: the caller's own; an operator's key makes one for every workspace.
    """

    name: str
    scopes: list[
        Literal["events:write", "read", "consent:write", "config:write", "privacy", "admin"]
    ]
    workspace: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class KeyMade(TypedDict):
    """
    The only answer that holds the key itself.
    """

    id: str
    key: str
    name: str
    scopes: list[
        Literal["events:write", "read", "consent:write", "config:write", "privacy", "admin"]
    ]
    workspace: str | None
    """
    null: every workspace
    """
    expires_at: str | None


class KeyShown(TypedDict):
    id: str
    workspace: str | None
    name: str
    scopes: list[
        Literal["events:write", "read", "consent:write", "config:write", "privacy", "admin"]
    ]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    """
    to the minute
    """


class KeysBody(TypedDict):
    keys: list[KeyShown]


Kind: TypeAlias = Literal["call", "ticket", "chat", "audience", "unknown"]
"""
What may start a survey. `unknown`: a word of a newer version; never to be sent to us.
"""


class LedgerEntry(TypedDict):
    channel: Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
    state: ConsentState
    occurred_at: str
    source: str
    """
    reply | carrier | api | import | link
    """
    evidence: str
    recorded_at: str


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


class LegalNotice(TypedDict):
    """
    The text that is in force, and the acknowledgements of it and of those before it.

    `required`: keys switch no flow on without it, either; people never do.
    """

    version: str
    """
    another text has another one
    """
    text: str
    """
    paragraphs with an empty line between them
    """
    required: bool
    acknowledged: bool
    """
    the text that is in force
    """
    acknowledgements: list[Acknowledgement]
    """
    newest first
    """


LineType: TypeAlias = Literal["mobile", "fixed", "voip", "other", "unknown"]
"""
Of a telephone number, as far as the number itself tells. `unknown`: a word of a newer version; never to be sent to us.
"""


class LinkBody(TypedDict):
    """
    `addresses`: E.164 or e-mail, of one person. `customer_id`: what sources call them.
    """

    addresses: list[Address]
    customer_id: NotRequired[str | None]


LinkKind: TypeAlias = Literal["review", "form", "page", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


class LinkedBody(TypedDict):
    id: str
    address: str | None
    """
    masked
    """


class ListBody(TypedDict):
    """
    `loaded_at`: when it was replaced last, or made.
    """

    id: str
    entries: int
    loaded_at: str
    loaded_by: str


class ListedDraft(TypedDict):
    """
    `fields`: what it changes; `moved`: what others have changed since it began.
    """

    kind: str
    id: str
    fields: list[str]
    moved: list[str]
    written_at: str
    written_by: str


class ListsBody(TypedDict):
    lists: list[ListBody]


class LoadFinished(TypedDict):
    """
    `entries`: people on the list now.
    """

    entries: int


class LoadState(TypedDict):
    """
    It can be finished, and never be begun again.
    """

    finished: Literal[True]


class LoggedChange(TypedDict):
    """
    `before` and `after`: the document; null where it was added or removed.
    """

    id: int
    kind: str
    document: str
    """
    its id
    """
    version: int
    """
    of the configuration
    """
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed_at: str
    changed_by: str


class MetaNumber(TypedDict):
    """
    `phone_number_id`: what Meta calls the number. Its first throughput is 80 a second.
    """

    number: str
    countries: NotRequired[list[Country]]
    two_way: NotRequired[bool]
    per_second: NotRequired[float]
    phone_number_id: str


Metric: TypeAlias = Literal["csat", "nps", "ces", "mood", "unknown"]
"""
Declared in the survey, never guessed from the scale. `unknown`: a word of a newer version; never to be sent to us.
"""


class NewerBody(TypedDict):
    """
    A document of which this version does not understand everything, as it was written.
    """

    kind: str
    id: str
    version: int
    readable: bool
    errors: list[FieldError]
    passed_over: list[str]
    document: dict[str, Any]
    enabled_since: str | None
    """
    of a flow
    """


class NoteBody(TypedDict):
    """
    What was written after an answer by voice; the sender's delivery log has it by this id.
    """

    id: str
    channel: str


NumberUse: TypeAlias = Literal["line", "internal", "test", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


Numbers: TypeAlias = Literal["national", "international", "unknown"]
"""
What a source means by a number without plus or prefix; never guessed from the number. `unknown`: a word of a newer version; never to be sent to us.
"""


OptOutScope: TypeAlias = Literal["channel", "all", "unknown"]
"""
What a no on one channel is a no to. `unknown`: a word of a newer version; never to be sent to us.
"""


class Option(TypedDict):
    """
    `text` by language; answers are counted by `id`, so the words and the order may change.
    """

    id: str
    text: dict[str, str]


class PassedOver(TypedDict):
    """
    A step of the channel plan that was not tried, since its channel cannot be used.
    """

    number: int
    channel: Channel
    reason: str
    """
    a `Reason`, or `line_type`
    """


class PeopleBody(TypedDict):
    people: list[AudiencePerson]
    region: NotRequired[str | None]


class PersonBody(TypedDict):
    """
    Addresses that count as one person.
    """

    contacts: list[LinkedBody]


class PersonLine(TypedDict):
    """
    A person who is rung for callers whose score lies in `bands`, while the call goes on.

    `hours` and `days` are those of the workspace's zone. `ring`: how long they are rung; `longest`: how long they may speak, for both ways are paid for.
    """

    number: str
    bands: NotRequired[list[Band]]
    hours: NotRequired[str]
    days: NotRequired[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]]
    ring: NotRequired[str]
    longest: NotRequired[str]


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


class ProblemBody(TypedDict):
    field: str
    """
    dotted path in the document
    """
    message: str


class Publication(TypedDict):
    """
    Which drafts: those alone, whatever else there is.
    """

    drafts: list[DraftName]


ScaleItem: TypeAlias = int


ChosenItem: TypeAlias = str


QuestionKind: TypeAlias = Literal["rating", "comment", "choice", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


QuotaPeriod: TypeAlias = Literal["hour", "day", "week", "unknown"]
"""
Of the calendar, in the workspace's zone; a week begins on Monday. `unknown`: a word of a newer version; never to be sent to us.
"""


class Reading(TypedDict):
    """
    Whether this version can read a document; when not, it is out of use, and `errors` say why.

    `passed_over`: dotted paths of what it does not know and leaves out.
    """

    kind: str
    id: str
    version: int
    readable: bool
    errors: list[FieldError]
    passed_over: list[str]


Reason: TypeAlias = Literal[
    "do_not_survey",
    "too_old",
    "in_the_future",
    "before_flow_enabled",
    "not_connected",
    "no_flow",
    "no_address",
    "country_not_allowed",
    "internal_number",
    "number_disabled",
    "talk_time",
    "opted_out",
    "do_not_contact",
    "no_consent",
    "consent_expired",
    "unreachable",
    "sampled_out",
    "frequency_cap",
    "daily_ceiling",
    "prefix_ceiling",
    "shared_cap",
    "quota",
    "no_sender",
    "closed",
    "unknown",
]
"""
Why a person is not asked; the first guard that refuses, in the order of `decide`. `unknown`: a word of a newer version; never to be sent to us.
"""


class Restored(TypedDict):
    """
    `version`: as the change log has it.
    """

    version: int


class Retention(TypedDict):
    """
    How long it is kept what is about people; null: for ever. What was counted stays counted.
    """

    decisions: NotRequired[str | None]
    """
    with their calls and invitations
    """
    messages: NotRequired[str | None]
    """
    what we wrote, and what people did
    """
    addresses: NotRequired[str | None]
    """
    whose calls they were
    """
    comments: NotRequired[str | None]
    """
    what was answered in words
    """
    recordings: NotRequired[str | None]
    """
    where they are
    """


class RowError(TypedDict):
    """
    `row` counts from 0.
    """

    row: int
    field: str
    message: str


class SecretBody(TypedDict):
    """
    Nobody is told it again.
    """

    value: str


class SecretShown(TypedDict):
    """
    `master_key`: the number of the one that it is sealed by.
    """

    name: str
    version: int
    master_key: int
    written_at: str
    written_by: str


class SecretWritten(TypedDict):
    """
    `version` counts the times it was written.
    """

    name: str
    version: int


class SecretsBody(TypedDict):
    secrets: list[SecretShown]


class SenderNumber(TypedDict):
    """
    A number we send from. `countries`: of contacts it is used for; empty means any.
    """

    number: str
    countries: NotRequired[list[Country]]
    two_way: NotRequired[bool]
    """
    replies to it reach us
    """
    per_second: NotRequired[float]


class ServiceErased(TypedDict):
    """
    `done_at` null: it has not said so yet.
    """

    name: str
    done_at: str | None


class ShareBody(TypedDict):
    calls: int
    asked: int


class SmsNumber(TypedDict):
    """
    `header`: what people in India see in the place of the number, and cannot reply to; the

    number is then where their replies arrive.
    """

    number: str
    countries: NotRequired[list[Country]]
    two_way: NotRequired[bool]
    per_second: NotRequired[float]
    header: NotRequired[str | None]


class Source(TypedDict):
    """
    A sender of events. `secrets` authenticate its URL; two may be active while one rotates.

    `signing_secrets`, two likewise: the vendor's own, or `whsec_...` of Standard Webhooks.
    """

    id: str
    vendor: str
    secrets: NotRequired[list[str]]
    signing_secrets: NotRequired[list[str]]
    region: NotRequired[str | None]
    """
    assumed for national spellings of numbers
    """
    numbers: NotRequired[Numbers]
    """
    what those without a plus are
    """
    zone: NotRequired[str]
    """
    of times that the vendor sends without one
    """
    site: NotRequired[str | None]
    settle: NotRequired[str]
    """
    how long to wait for more parts of the same call
    """
    handshake: NotRequired[Handshake | None]
    mapping: NotRequired[dict[str, Any]]


StepKind: TypeAlias = Literal["ask", "reminder", "fallback", "unknown"]
"""
`ask` is the first that goes out. A `reminder` continues the conversation of an earlier step

on its channel, a `fallback` begins one on another channel, or anew after a failure. `unknown`: a word of a newer version; never to be sent to us.
"""


ChooseLanguageItem: TypeAlias = str


Hint: TypeAlias = str


class SurveyVoice(TypedDict):
    """
    How a survey sounds in one language. `voice` and `locale` of the synthesis, as the provider

    names them. `questions` by id; `texts`: fields of `questionnaire.VoiceTexts`; `recordings`: audio in the place of a text, by a question's id or a text's name. `speech`: answers may be spoken, too, which providers charge for; `hints`: what is likely to be said.
    """

    voice: NotRequired[str | None]
    locale: NotRequired[str | None]
    questions: NotRequired[dict[str, str]]
    texts: NotRequired[dict[str, Any]]
    recordings: NotRequired[dict[str, str]]
    speech: NotRequired[bool]
    hints: NotRequired[list[Hint]]


Verdict: TypeAlias = Literal["invite", "skip", "unknown"]
"""
`unknown`: a word of a newer version; never to be sent to us.
"""


class WarningBody(TypedDict):
    """
    What a change does to what is counted already, or what has to come before it.
    """

    field: str
    message: str


When: TypeAlias = Literal["failed", "silent", "no_consent", "line_type", "unknown"]
"""
When a step of a channel plan follows the one before it, the last that was tried. `unknown`: a word of a newer version; never to be sent to us.
"""


class WrongAddress(TypedDict):
    """
    `row`: its place among the addresses of the request, from 0.
    """

    row: int
    message: str


class AddressesTaken(TypedDict):
    """
    `stored`: those who were not on it; of a removal, those who were.
    """

    stored: int
    errors: list[WrongAddress]


class Aim(TypedDict):
    """
    About so many `answers` in each `per` (a day or a week), for each agent, team or queue, or in

    all. The share that is asked follows the answers that came; `sampling_rate` is the most it is.
    """

    answers: int
    per: NotRequired[QuotaPeriod]
    by: NotRequired[CountedBy]


class AppliedConfiguration(TypedDict):
    version: int | None
    """
    of the configuration afterwards; null: nothing was stored
    """
    changes: list[ChangeBody]
    workspace: str
    dry_run: bool
    warnings: list[WarningBody]


class AppliedDocument(TypedDict):
    version: int | None
    """
    of the configuration afterwards; null: nothing was stored
    """
    changes: list[ChangeBody]
    dry_run: bool
    warnings: list[WarningBody]


class AppliedFlow(TypedDict):
    version: int | None
    """
    of the configuration afterwards; null: nothing was stored
    """
    changes: list[ChangeBody]


class AskBody(TypedDict):
    invitation_id: str
    at: str
    """
    when it was due
    """
    flow_id: str
    metric: Metric


class Cap(TypedDict):
    """
    At most `asks` per `per` and contact (or who else is given by `by`), from the last ask on.

    Of one metric, of one survey, where that is given.
    """

    asks: int
    per: str
    metric: NotRequired[Metric | None]
    survey: NotRequired[str | None]
    by: NotRequired[CountedBy]


class ChangesPage(TypedDict):
    """
    `next_cursor` is the `cursor` of the following page.
    """

    changes: list[LoggedChange]
    next_cursor: str | None


class Conditions(TypedDict):
    """
    Each list is any-of; all given lists must match. Empty means everything.

    Of `all` every condition must hold too, of `any` one, of `none` not a single one. Where they speak of kind, ending or direction, and the list of it is not given, it is not narrowed.
    """

    kinds: NotRequired[list[Kind] | None]
    """
    calls
    """
    endings: NotRequired[list[Ending] | None]
    """
    connected
    """
    directions: NotRequired[list[Direction] | None]
    numbers: NotRequired[list[str]]
    queues: NotRequired[list[Queue]]
    agent_tags: NotRequired[list[AgentTag]]
    tags: NotRequired[list[Tag]]
    without_tags: NotRequired[list[WithoutTag]]
    countries: NotRequired[list[Country]]
    all: NotRequired[list[Condition] | None]
    any: NotRequired[list[Condition] | None]
    none: NotRequired[list[Condition] | None]


class Accounts1(TypedDict):
    """
    A WhatsApp Business Account on Meta's Cloud API.

    `verify_token` is repeated to Meta when the webhook is set up; `app_secret` is that of the app,
    which several accounts may share. `version` of the Graph API.
    """

    id: str
    channel: Literal["whatsapp"]
    provider: Literal["meta"]
    senders: list[MetaNumber]
    answers_stop: NotRequired[Literal[False]]
    in_flight: NotRequired[int]
    timeout: NotRequired[str]
    base_url: NotRequired[str]
    version: NotRequired[str]
    business_account_id: str
    access_token: str
    app_secret: str
    verify_token: str


class Accounts2(TypedDict):
    """
    Twilio Programmable Voice. `ring`: how long; `machine_detection`: nothing is left on one.

    `callers_come`: where a switch passes callers on to us when their agent has hung up, how long
    they are waited for; who has not come by then is called.
    """

    id: str
    channel: Literal["ivr"]
    provider: NotRequired[Literal["twilio"]]
    senders: list[SenderNumber]
    answers_stop: NotRequired[bool]
    in_flight: NotRequired[int]
    timeout: NotRequired[str]
    base_url: NotRequired[str]
    account_sid: str
    auth_token: str
    ring: NotRequired[str]
    machine_detection: NotRequired[bool]
    callers_come: NotRequired[str]


class Accounts3(TypedDict):
    """
    Plivo Voice. What is not Plivo's own means what it means at Twilio.
    """

    id: str
    channel: Literal["ivr"]
    provider: Literal["plivo"]
    senders: list[SenderNumber]
    answers_stop: NotRequired[bool]
    in_flight: NotRequired[int]
    timeout: NotRequired[str]
    base_url: NotRequired[str]
    auth_id: str
    auth_token: str
    ring: NotRequired[str]
    machine_detection: NotRequired[bool]
    callers_come: NotRequired[str]


class Accounts4(TypedDict):
    """
    WhatsApp by Twilio: its senders are numbers that are registered there for WhatsApp.
    """

    id: str
    channel: Literal["whatsapp"]
    provider: NotRequired[Literal["twilio"]]
    senders: list[SenderNumber]
    answers_stop: NotRequired[Literal[False]]
    in_flight: NotRequired[int]
    timeout: NotRequired[str]
    base_url: NotRequired[str]
    account_sid: str
    auth_token: str


class ConsentRecorded(TypedDict):
    id: str
    contact_id: str
    channel: Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
    state: ConsentState
    occurred_at: str


class ContactBody(TypedDict):
    """
    `consent`: what was said last, by channel; a channel that is absent was never spoken of.
    """

    id: str
    workspace: str
    address: str | None
    """
    masked
    """
    consent: dict[Literal["all", "sms", "ivr", "whatsapp", "email", "web"], ConsentState]
    asks: list[AskBody]
    """
    that count for caps
    """
    erased_at: str | None
    """
    until then nothing is known of them any more
    """
    linked: list[LinkedBody]
    """
    other addresses of the same person
    """


class Dlt(TypedDict):
    """
    What is registered in India: the principal entity's id, and the templates.
    """

    entity: str
    templates: list[DltTemplate]


class DocumentsBody(TypedDict):
    documents: list[Reading]


class DraftBody(TypedDict):
    """
    `base`: the document when the draft began, `stored`: as it is now; null: there is none.

    `errors`: all that is wrong with it, were it published now and by itself.
    """

    kind: str
    id: str
    fields: list[str]
    moved: list[str]
    written_at: str
    written_by: str
    body: dict[str, Any]
    base: dict[str, Any] | None
    stored: dict[str, Any] | None
    errors: list[ProblemBody]
    warnings: list[WarningBody]


class DraftsBody(TypedDict):
    drafts: list[ListedDraft]


class DryRunResult(TypedDict):
    """
    `replaced`: asked, and stepped back for a newer call before it was out.

    `cut`: there were more calls than are played; these are the latest. Agents and queues: the thousand of most calls. `expected_answers`, `cost`: null where a rate or a price is not known.
    """

    calls: int
    asked: int
    replaced: int
    not_asked: dict[str, int]
    """
    by reason
    """
    flows: dict[str, int]
    channels: dict[str, int]
    agents: dict[str, ShareBody]
    queues: dict[str, ShareBody]
    answer_rates: dict[str, float]
    """
    of asks of the last 28 days, by channel
    """
    expected_answers: float | None
    cost: float | None
    cut: bool


class EntriesBody(TypedDict):
    """
    `next_cursor` is the `cursor` of the following page; null: this is the last.
    """

    entries: list[EntryBody]
    next_cursor: str | None


class ErasureBody(TypedDict):
    """
    `erased_at`: what was known until then is deleted, and what is told of then is dropped.
    """

    id: str
    contact_id: str
    erased_at: str
    asked_by: str
    done_at: str | None
    """
    null: some service has not said so yet
    """
    services: list[ServiceErased]
    linked: NotRequired[dict[str, str]]
    """
    other contacts, and their erasures
    """


class FindingBody(TypedDict):
    """
    `words`: what it means that this guard refuses. `data`: the fact's parts, of each rule used;

    empty where there is nothing to tell but the words.
    """

    guard: Reason
    fact: str
    refused: NotRequired[bool]
    words: str
    data: list[dict[str, Any]]


class ImportBody(TypedDict):
    stored: int
    errors: list[RowError]


class Interaction(TypedDict):
    """
    What may start a survey. Six fields are required; the rest is as the source knew it.

    `address` is the customer's E.164 number (or e-mail), whichever party that was; it is None when the caller hid it or it is no number (`address_problem` says which). `legs` are in time order.
    """

    id: str
    workspace: str
    kind: Kind
    ending: Ending
    address: str | None
    ended_at: str
    contact_id: NotRequired[str | None]
    """
    None exactly when there is no address
    """
    address_problem: NotRequired[str | None]
    source: NotRequired[str | None]
    direction: NotRequired[Direction | None]
    started_at: NotRequired[str | None]
    agent_answered_at: NotRequired[str | None]
    our_number: NotRequired[str | None]
    """
    DID, E.164 where it is one
    """
    country: NotRequired[str | None]
    """
    of the address, ISO 3166
    """
    queue: NotRequired[str | None]
    legs: NotRequired[list[Leg]]
    talk_seconds: NotRequired[float | None]
    tags: NotRequired[list[Tag]]
    language: NotRequired[str | None]
    customer_name: NotRequired[str | None]
    person_id: NotRequired[str | None]
    """
    of the customer id that the source told: common.ids
    """
    do_not_survey: NotRequired[bool]
    test: NotRequired[bool]
    call_id: NotRequired[str | None]
    """
    the source's own name for it
    """
    site: NotRequired[str | None]
    region: NotRequired[str | None]
    wait_seconds: NotRequired[float | None]
    hold_seconds: NotRequired[float | None]
    transfers: NotRequired[int]
    disposition: NotRequired[str | None]
    """
    issue type
    """
    recording_url: NotRequired[str | None]
    linked: NotRequired[list[LinkedItem]]
    """
    other addresses of the person
    """
    attributes: NotRequired[dict[str, str]]


class LedgerBody(TypedDict):
    contact_id: str
    entries: list[LedgerEntry]


class Link(TypedDict):
    """
    Where it leads. Texts name it `{link_ID}`.
    """

    url: str
    kind: LinkKind


class Number(TypedDict):
    """
    A number of the workspace. `texts` (by language) replace the survey's for its callers.

    `questions`, by their id: the words in which its callers are asked, by language. `links`: over the workspace's, such as the page of the branch that it belongs to.
    """

    number: str
    use: NotRequired[NumberUse]
    surveys: NotRequired[bool]
    name: NotRequired[str | None]
    site: NotRequired[str | None]
    region: NotRequired[str | None]
    texts: NotRequired[dict[str, dict[str, Any]]]
    questions: NotRequired[dict[str, dict[str, str]]]
    links: NotRequired[dict[str, Link]]


class PartTaken(TypedDict):
    """
    As of other addresses, and which `load` they are a part of.
    """

    load: int
    stored: int
    errors: list[WrongAddress]


class PeopleTaken(TypedDict):
    """
    `stored`: those who were not in it. `twice`: told again, in this request or before.
    """

    stored: int
    twice: int
    errors: list[WrongAddress]


class PlanStep(TypedDict):
    """
    One try on one channel. `when` is any-of; the first step has none, for others: `failed`.
    """

    channel: NotRequired[Channel]
    when: NotRequired[list[When]]
    after: NotRequired[str | None]
    line_types: NotRequired[list[LineType]]


class Question(TypedDict):
    """
    `text` by language. A rating has a `scale`, lowest and highest, whole numbers; a choice has

    `options`. `only`: asked in these bands of the score. `chosen`: asked of whoever chose one of these options, by the id of an earlier choice. `metric`: of a rating after the first one, where it is not the survey's.
    """

    id: str
    kind: QuestionKind
    text: dict[str, str]
    scale: NotRequired[tuple[ScaleItem, ScaleItem]]
    options: NotRequired[list[Option]]
    only: NotRequired[list[Band]]
    chosen: NotRequired[dict[str, list[ChosenItem]]]
    metric: NotRequired[Metric | None]


class Quota(TypedDict):
    """
    At most `asks` of a flow in each `per`, in all or for each agent, team or queue.
    """

    asks: int
    per: QuotaPeriod
    by: NotRequired[CountedBy]


class StepBody(TypedDict):
    """
    One try on one channel, or one that may follow (`planned`).

    `with_sender`: nothing was heard of it so far; the sender's delivery log tells more.
    """

    id: str
    number: int
    """
    its place in the plan, from 0
    """
    kind: StepKind | None
    """
    null: it is not known before its turn comes
    """
    channel: str
    state: Literal[
        "planned",
        "waiting",
        "with_sender",
        "sent",
        "delivered",
        "unknown",
        "failed",
        "cancelled",
        "passed_over",
    ]
    reason: str | None
    """
    why it failed, was cancelled or passed over
    """
    due_at: str | None
    send_by: str | None
    """
    could it not be sent by then, it is dropped
    """
    sent_at: str | None


class Survey(TypedDict):
    """
    `texts`, by language: fields of `questionnaire.Texts`; what is absent keeps its default.

    `voice`, by language: what is said on the telephone instead. `gated_reviews`: links to public reviews may be told to some bands only, which the sites of reviews forbid. `choose_language`: whoever is called and whose language is not known chooses one of these first.
    """

    id: str
    metric: Metric
    questions: list[Question]
    texts: NotRequired[dict[str, dict[str, Any]]]
    voice: NotRequired[dict[str, SurveyVoice]]
    gated_reviews: NotRequired[bool]
    choose_language: NotRequired[list[ChooseLanguageItem]]


class SurveyBody(TypedDict):
    id: str
    metric: Metric
    questions: list[Question]
    texts: NotRequired[dict[str, dict[str, Any]]]
    voice: NotRequired[dict[str, SurveyVoice]]
    gated_reviews: NotRequired[bool]
    choose_language: NotRequired[list[ChooseLanguageItem]]
    version: int
    """
    set by the reader
    """
    readable: Literal[True]


class SurveysBody(TypedDict):
    surveys: list[SurveyBody | NewerBody]


class Workspace(TypedDict):
    """
    A tenant. `countries`: where people may be asked; empty means those of its own numbers.
    """

    id: str
    name: str
    """
    the brand that people read
    """
    zone: NotRequired[str]
    language: NotRequired[str]
    countries: NotRequired[list[Country]]
    daily_ceiling: NotRequired[int]
    """
    asks per day of its zone
    """
    prefix_ceiling: NotRequired[int]
    call_ceiling: NotRequired[int]
    """
    calls placed per day of its zone: what is over fails, and says so
    """
    stranger_replies: NotRequired[int]
    caps: NotRequired[list[Cap]]
    link_customers: NotRequired[bool]
    explicit_consent: NotRequired[list[Channel]]
    consent: NotRequired[list[CountryConsent]]
    """
    the first holds
    """
    opt_out_scope: NotRequired[OptOutScope]
    """
    what a no on one channel is a no to
    """
    hours: NotRequired[list[CountryHours]]
    """
    the first holds; of flows whose hours are `by-country`
    """
    unreachable_for: NotRequired[str]
    """
    how long a dead number is not asked again
    """
    links: NotRequired[dict[str, Link]]
    """
    told after the answer, by `{link_ID}` in texts
    """
    texts: NotRequired[dict[str, dict[str, Any]]]
    """
    of every survey that does not say otherwise
    """
    retention: NotRequired[Retention]


class WorkspaceBody(TypedDict):
    id: str
    name: str
    """
    the brand that people read
    """
    zone: NotRequired[str]
    language: NotRequired[str]
    countries: NotRequired[list[Country]]
    daily_ceiling: NotRequired[int]
    """
    asks per day of its zone
    """
    prefix_ceiling: NotRequired[int]
    call_ceiling: NotRequired[int]
    """
    calls placed per day of its zone: what is over fails, and says so
    """
    stranger_replies: NotRequired[int]
    caps: NotRequired[list[Cap]]
    link_customers: NotRequired[bool]
    explicit_consent: NotRequired[list[Channel]]
    consent: NotRequired[list[CountryConsent]]
    """
    the first holds
    """
    opt_out_scope: NotRequired[OptOutScope]
    """
    what a no on one channel is a no to
    """
    hours: NotRequired[list[CountryHours]]
    """
    the first holds; of flows whose hours are `by-country`
    """
    unreachable_for: NotRequired[str]
    """
    how long a dead number is not asked again
    """
    links: NotRequired[dict[str, Link]]
    """
    told after the answer, by `{link_ID}` in texts
    """
    texts: NotRequired[dict[str, dict[str, Any]]]
    """
    of every survey that does not say otherwise
    """
    retention: NotRequired[Retention]
    version: int
    readable: Literal[True]


class WorkspacesBody(TypedDict):
    workspaces: list[WorkspaceBody | NewerBody]


class Accounts(TypedDict):
    """
    Twilio Programmable Messaging. `dlt`: what is registered in India for the headers.
    """

    id: str
    channel: NotRequired[Literal["sms"]]
    provider: NotRequired[Literal["twilio"]]
    senders: list[SmsNumber]
    answers_stop: NotRequired[bool]
    in_flight: NotRequired[int]
    timeout: NotRequired[str]
    base_url: NotRequired[str]
    account_sid: str
    auth_token: str
    dlt: NotRequired[Dlt | None]


class DecisionBody(TypedDict):
    """
    Every field is there; addresses are masked. `words`: the verdict in a sentence.

    `copies`: how often it was told again, and of these `differing` as something else.
    """

    interaction: Interaction
    verdict: Verdict
    decided_at: str
    config_version: int
    reason: NotRequired[Reason | None]
    """
    None exactly when invited
    """
    flow_id: NotRequired[str | None]
    flow_version: NotRequired[int | None]
    survey_id: NotRequired[str | None]
    survey_version: NotRequired[int | None]
    metric: NotRequired[Metric | None]
    channel: NotRequired[Channel | None]
    """
    of the first step that goes out
    """
    step: NotRequired[int]
    """
    its number in the channel plan
    """
    passed_over: NotRequired[list[PassedOver]]
    """
    steps before it
    """
    invitation_id: NotRequired[str | None]
    due_at: NotRequired[str | None]
    findings: NotRequired[list[FindingBody]]
    lost_flows: NotRequired[list[str]]
    """
    matched too, with a lower priority
    """
    test: NotRequired[bool]
    """
    the contact is a test number, or the source said so: counts nowhere
    """
    revision: NotRequired[int]
    words: str
    copies: int
    differing: int


DryRunBody = TypedDict(
    "DryRunBody",
    {
        "id": str,
        "from": str,
        "to": str,
        "state": Literal["waiting", "running", "done", "failed", "cancelled"],
        "played": int,
        "calls": int | None,
        "result": DryRunResult | None,
        "error": str | None,
        "asked_by": str,
        "asked_at": str,
    },
)


class Flow(TypedDict):
    """
    Trigger, conditions, sampling, guards, survey, channel plan. The highest priority wins.
    """

    id: str
    survey: str
    name: NotRequired[str | None]
    enabled: NotRequired[bool]
    priority: NotRequired[int]
    plan: NotRequired[list[PlanStep]]
    when: NotRequired[Conditions]
    minimum_talk: NotRequired[str]
    sampling_rate: NotRequired[float]
    """
    of eligible calls
    """
    one_in: NotRequired[int | None]
    aim: NotRequired[Aim | None]
    caps: NotRequired[list[Cap]]
    """
    of asks by this flow
    """
    quotas: NotRequired[list[Quota]]
    delay: NotRequired[str]
    """
    from the end of the call to the ask
    """
    expiry: NotRequired[str]
    """
    answers are taken this long after the ask is due
    """
    validity: NotRequired[str]
    """
    a step that could not be sent by then is dropped
    """
    call_hours: NotRequired[str]
    text_hours: NotRequired[str]
    """
    likewise, when they are written to
    """
    days: NotRequired[Days]
    after_call: NotRequired[Channel | None]
    transfer: NotRequired[PersonLine | None]
    """
    of whoever is unhappy on the telephone
    """
    maximum_age: NotRequired[str]
    """
    calls that ended longer ago are not asked
    """


class FlowBody(TypedDict):
    id: str
    survey: str
    name: NotRequired[str | None]
    enabled: NotRequired[bool]
    priority: NotRequired[int]
    plan: NotRequired[list[PlanStep]]
    when: NotRequired[Conditions]
    minimum_talk: NotRequired[str]
    sampling_rate: NotRequired[float]
    """
    of eligible calls
    """
    one_in: NotRequired[int | None]
    aim: NotRequired[Aim | None]
    caps: NotRequired[list[Cap]]
    """
    of asks by this flow
    """
    quotas: NotRequired[list[Quota]]
    delay: NotRequired[str]
    """
    from the end of the call to the ask
    """
    expiry: NotRequired[str]
    """
    answers are taken this long after the ask is due
    """
    validity: NotRequired[str]
    """
    a step that could not be sent by then is dropped
    """
    call_hours: NotRequired[str]
    text_hours: NotRequired[str]
    """
    likewise, when they are written to
    """
    days: NotRequired[Days]
    after_call: NotRequired[Channel | None]
    transfer: NotRequired[PersonLine | None]
    """
    of whoever is unhappy on the telephone
    """
    maximum_age: NotRequired[str]
    """
    calls that ended longer ago are not asked
    """
    version: int
    """
    set by the reader
    """
    enabled_since: str | None
    """
    set by the reader
    """
    readable: Literal[True]


class FlowsBody(TypedDict):
    flows: list[FlowBody | NewerBody]


class InvitationBody(TypedDict):
    """
    Its state and its tries. `stopped`: why no further step of its plan is tried.
    """

    id: str
    interaction_id: str
    contact_id: str
    workspace: str
    flow_id: str
    flow_version: int
    survey_id: str
    survey_version: int
    metric: Metric
    status: InvitationStatus
    reason: str | None
    """
    why it was cancelled or failed
    """
    stopped: str | None
    planned_at: str
    answers_until: str
    steps: list[StepBody]
    note: NoteBody | None
    test: bool


class Configuration(TypedDict):
    """
    Everything of one workspace.
    """

    workspaces: NotRequired[list[Workspace]]
    sources: NotRequired[list[Source]]
    numbers: NotRequired[list[Number]]
    accounts: NotRequired[list[Accounts | Accounts1 | Accounts2 | Accounts3 | Accounts4]]
    surveys: NotRequired[list[Survey]]
    flows: NotRequired[list[Flow]]


class ReadAudiencesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_audiences(**query: Unpack[ReadAudiencesQuery]) -> Operation[AudiencesBody]:
    """Which there are, the newest first: who waits, who was asked, and why others were not."""
    return Operation("GET", "/v1/audiences", query=query)


class ReadAudienceQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_audience(audience: str, **query: Unpack[ReadAudienceQuery]) -> Operation[AudienceBody]:
    """How far it is."""
    return Operation("GET", "/v1/audiences/{audience}", parts={"audience": audience}, query=query)


class ChangeAudienceQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def change_audience(
    audience: str, body: AudienceChange, **query: Unpack[ChangeAudienceQuery]
) -> Operation[AudienceBody]:
    """Starts it, pauses it, or changes its pace. What is asked already stays asked."""
    return Operation(
        "PATCH", "/v1/audiences/{audience}", parts={"audience": audience}, body=body, query=query
    )


class DropAudienceQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def drop_audience(audience: str, **query: Unpack[DropAudienceQuery]) -> Operation[None]:
    """Who waits in it is not asked, and forgotten."""
    return Operation(
        "DELETE", "/v1/audiences/{audience}", parts={"audience": audience}, query=query
    )


class BringPeopleQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def bring_people(
    audience: str, body: PeopleBody, **query: Unpack[BringPeopleQuery]
) -> Operation[PeopleTaken]:
    """Adds people; makes it, paused, where it is new. Who is in it is in it once, for good."""
    return Operation(
        "POST",
        "/v1/audiences/{audience}/people",
        parts={"audience": audience},
        body=body,
        query=query,
    )


class PutConfigQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    dry_run: bool
    """Only say what would change."""
    prune: bool
    """Remove what the body does not name."""


def put_config(
    body: Configuration, **query: Unpack[PutConfigQuery]
) -> Operation[AppliedConfiguration]:
    """Applies the documents of one workspace, all of them or none; answers what changed."""
    return Operation("PUT", "/v1/config", body=body, query=query)


class GetConfigQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_config(**query: Unpack[GetConfigQuery]) -> Operation[Mapping[str, Any]]:
    """Everything of one workspace, as `PUT /v1/config` takes it.

    Documents of kinds that this version does not know are told too, in sections of their own.
    """
    return Operation("GET", "/v1/config", query=query)


class GetChangesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    kind: str
    """Of documents: flow, survey, ..."""
    id: str
    """Of one document."""
    cursor: int
    """`next_cursor` of the page before."""
    limit: int
    """Rows of a page."""


def get_changes(**query: Unpack[GetChangesQuery]) -> Operation[ChangesPage]:
    """Who changed what, newest first."""
    return Operation("GET", "/v1/config/changes", query=query)


class GetDocumentsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    kind: str
    """Only of this kind: flow, survey, ..."""
    readable: bool
    """`false`: only those that are out of use."""


def get_documents(**query: Unpack[GetDocumentsQuery]) -> Operation[DocumentsBody]:
    """What there is, whether this version can read it, and why not; without the bodies."""
    return Operation("GET", "/v1/config/documents", query=query)


class GetDocumentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_document(
    kind: str, id: str, **query: Unpack[GetDocumentQuery]
) -> Operation[Workspace | Source | Number | Mapping[str, Any] | Survey | Flow]:
    """As it was written."""
    return Operation(
        "GET", "/v1/config/documents/{kind}/{id}", parts={"kind": kind, "id": id}, query=query
    )


class PutDocumentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    dry_run: bool
    """Only say what would change."""


def put_document(
    kind: str,
    id: str,
    body: Workspace | Source | Number | Mapping[str, Any] | Survey | Flow,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    **query: Unpack[PutDocumentQuery],
) -> Operation[AppliedDocument]:
    """Adds or replaces it; its id may be left out. Places of errors are those in the body."""
    return Operation(
        "PUT",
        "/v1/config/documents/{kind}/{id}",
        parts={"kind": kind, "id": id},
        body=body,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        query=query,
    )


class PatchDocumentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    dry_run: bool
    """Only say what would change."""


def patch_document(
    kind: str,
    id: str,
    body: Mapping[str, Any],
    *,
    if_match: str | None = None,
    **query: Unpack[PatchDocumentQuery],
) -> Operation[AppliedDocument]:
    """Changes a part (RFC 7396): null takes a field away, groups are merged, lists replaced."""
    return Operation(
        "PATCH",
        "/v1/config/documents/{kind}/{id}",
        parts={"kind": kind, "id": id},
        body=body,
        headers={"if-match": if_match},
        query=query,
    )


class DeleteDocumentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def delete_document(
    kind: str, id: str, *, if_match: str | None = None, **query: Unpack[DeleteDocumentQuery]
) -> Operation[AppliedFlow]:
    """Removes it, unless another document needs it. Asks of a flow that are not out do not go."""
    return Operation(
        "DELETE",
        "/v1/config/documents/{kind}/{id}",
        parts={"kind": kind, "id": id},
        headers={"if-match": if_match},
        query=query,
    )


class RestoreDocumentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    dry_run: bool
    """Only say what would change."""


def restore_document(
    kind: str,
    id: str,
    body: Restored,
    *,
    if_match: str | None = None,
    **query: Unpack[RestoreDocumentQuery],
) -> Operation[AppliedDocument]:
    """As it was after that `version` of its change log, checked as if it were written today."""
    return Operation(
        "POST",
        "/v1/config/documents/{kind}/{id}/restore",
        parts={"kind": kind, "id": id},
        body=body,
        headers={"if-match": if_match},
        query=query,
    )


class GetDraftsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_drafts(**query: Unpack[GetDraftsQuery]) -> Operation[DraftsBody]:
    """What somebody is still writing, without the bodies."""
    return Operation("GET", "/v1/config/drafts", query=query)


class PublishDraftsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    dry_run: bool
    """Only say what would change."""


def publish_drafts(
    body: Publication, **query: Unpack[PublishDraftsQuery]
) -> Operation[AppliedDocument]:
    """Makes documents of drafts, all of them or none, as applying them would; then they are
    gone.

    What is wrong is told by kind and id: `flow.billing.delay`.
    """
    return Operation("POST", "/v1/config/drafts/publish", body=body, query=query)


class GetDraftQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_draft(kind: str, id: str, **query: Unpack[GetDraftQuery]) -> Operation[DraftBody]:
    """As it was written, with all that is wrong with it."""
    return Operation(
        "GET", "/v1/config/drafts/{kind}/{id}", parts={"kind": kind, "id": id}, query=query
    )


class PutDraftQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    rebase: bool
    """It begins again, at the document as it is now."""


def put_draft(
    kind: str,
    id: str,
    body: Mapping[str, Any],
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    **query: Unpack[PutDraftQuery],
) -> Operation[DraftBody]:
    """Keeps it, also when it is wrong: `errors` says what is."""
    return Operation(
        "PUT",
        "/v1/config/drafts/{kind}/{id}",
        parts={"kind": kind, "id": id},
        body=body,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        query=query,
    )


class DropDraftQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def drop_draft(
    kind: str, id: str, *, if_match: str | None = None, **query: Unpack[DropDraftQuery]
) -> Operation[None]:
    """The document stays as it is."""
    return Operation(
        "DELETE",
        "/v1/config/drafts/{kind}/{id}",
        parts={"kind": kind, "id": id},
        headers={"if-match": if_match},
        query=query,
    )


class PutConsentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def put_consent(body: ConsentBody, **query: Unpack[PutConsentQuery]) -> Operation[ConsentRecorded]:
    """One change; the newest by `occurred_at` wins, whatever order they come in."""
    return Operation("PUT", "/v1/consent", body=body, query=query)


class ImportConsentQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def import_consent(
    body: Sequence[ConsentBody], **query: Unpack[ImportConsentQuery]
) -> Operation[ImportBody]:
    """A list of changes. Good rows are stored, the others are named with what is wrong."""
    return Operation("POST", "/v1/consent/import", body=body, query=query)


class EraseAddressQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def erase_address(
    body: ContactSearch, **query: Unpack[EraseAddressQuery]
) -> Operation[ErasureBody]:
    """The same by E.164 number or e-mail address; in a body, for URLs are written to logs."""
    return Operation("POST", "/v1/contacts/erase", body=body, query=query)


class ExportContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def export_contact(
    body: ContactSearch, **query: Unpack[ExportContactQuery]
) -> Operation[ExportBody]:
    """What this service holds about a person, and where the others say what they hold."""
    return Operation("POST", "/v1/contacts/export", body=body, query=query)


class FindContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def find_contact(body: ContactSearch, **query: Unpack[FindContactQuery]) -> Operation[ContactBody]:
    """By E.164 number or e-mail address; in a body, for URLs are written to logs."""
    return Operation("POST", "/v1/contacts/find", body=body, query=query)


class LinkContactsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def link_contacts(body: LinkBody, **query: Unpack[LinkContactsQuery]) -> Operation[PersonBody]:
    """They, and whoever is linked to one of them, count as one person."""
    return Operation("POST", "/v1/contacts/link", body=body, query=query)


class UnlinkContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def unlink_contact(
    body: ContactSearch, **query: Unpack[UnlinkContactQuery]
) -> Operation[LinkedBody]:
    """This address is nobody else's, whatever sources tell from now on."""
    return Operation("POST", "/v1/contacts/unlink", body=body, query=query)


class ReadContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_contact(contact: str, **query: Unpack[ReadContactQuery]) -> Operation[ContactBody]:
    """What they allow, and what they were asked of late."""
    return Operation("GET", "/v1/contacts/{contact}", parts={"contact": contact}, query=query)


class EraseContactQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def erase_contact(contact: str, **query: Unpack[EraseContactQuery]) -> Operation[ErasureBody]:
    """Everything about them is deleted, by every service; opt-outs and figures stay."""
    return Operation("DELETE", "/v1/contacts/{contact}", parts={"contact": contact}, query=query)


class ReadLedgerQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_ledger(contact: str, **query: Unpack[ReadLedgerQuery]) -> Operation[LedgerBody]:
    """Everything this contact ever allowed or forbade, newest first."""
    return Operation(
        "GET", "/v1/contacts/{contact}/consent", parts={"contact": contact}, query=query
    )


class FindDecisionQuery(TypedDict, total=False):
    source: Required[str]
    """A configured source, or a CloudEvent's `source`."""
    call_id: Required[str]
    """Its own name for the call, `data.id`."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def find_decision(**query: Unpack[FindDecisionQuery]) -> Operation[DecisionBody]:
    """By the source's own name for the call."""
    return Operation("GET", "/v1/decisions", query=query)


class ReadDecisionQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_decision(interaction: str, **query: Unpack[ReadDecisionQuery]) -> Operation[DecisionBody]:
    """Every call has one: asked or not, and the facts that were used."""
    return Operation(
        "GET", "/v1/decisions/{interaction}", parts={"interaction": interaction}, query=query
    )


class ReadListsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_lists(**query: Unpack[ReadListsQuery]) -> Operation[ListsBody]:
    """Which there are, and how many people are on each. Nobody on one is ever asked."""
    return Operation("GET", "/v1/do-not-contact", query=query)


class DropListQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def drop_list(list: str, **query: Unpack[DropListQuery]) -> Operation[None]:
    """Nobody is on it any more."""
    return Operation("DELETE", "/v1/do-not-contact/{list}", parts={"list": list}, query=query)


class AddEntriesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def add_entries(
    list: str, body: AddressesBody, **query: Unpack[AddEntriesQuery]
) -> Operation[AddressesTaken]:
    """Adds some to the list as it is, or makes it. They hold once this is answered."""
    return Operation(
        "POST", "/v1/do-not-contact/{list}/entries", parts={"list": list}, body=body, query=query
    )


class ReadEntriesQuery(TypedDict, total=False):
    cursor: str
    """`next_cursor` of the page before."""
    limit: int
    """Entries of a page."""
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_entries(list: str, **query: Unpack[ReadEntriesQuery]) -> Operation[EntriesBody]:
    """Who is on it, with whole addresses: for who may write it."""
    return Operation("GET", "/v1/do-not-contact/{list}/entries", parts={"list": list}, query=query)


class BeginLoadQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def begin_load(
    list: str, body: AddressesBody, **query: Unpack[BeginLoadQuery]
) -> Operation[PartTaken]:
    """Begins another version of the list with its first part; the list is as it was meanwhile.

    A load that is not finished within a day is cleared away.
    """
    return Operation(
        "POST", "/v1/do-not-contact/{list}/loads", parts={"list": list}, body=body, query=query
    )


class FillLoadQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def fill_load(
    list: str, load: int, body: AddressesBody, **query: Unpack[FillLoadQuery]
) -> Operation[PartTaken]:
    """Adds a part. Good addresses are stored, the others are named with what is wrong."""
    return Operation(
        "POST",
        "/v1/do-not-contact/{list}/loads/{load}",
        parts={"list": list, "load": load},
        body=body,
        query=query,
    )


class FinishLoadQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def finish_load(
    list: str, load: int, body: LoadState, **query: Unpack[FinishLoadQuery]
) -> Operation[LoadFinished]:
    """It takes the place of the list, as a whole; asks that are not out yet are cancelled."""
    return Operation(
        "PATCH",
        "/v1/do-not-contact/{list}/loads/{load}",
        parts={"list": list, "load": load},
        body=body,
        query=query,
    )


class RemoveEntriesQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def remove_entries(
    list: str, body: AddressesBody, **query: Unpack[RemoveEntriesQuery]
) -> Operation[AddressesTaken]:
    """Takes some off the list; what they said themselves stays as it is."""
    return Operation(
        "POST", "/v1/do-not-contact/{list}/removals", parts={"list": list}, body=body, query=query
    )


class ReadDoubtsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""
    cursor: str
    """`next_cursor` of the page before."""
    limit: int
    """Rows of a page."""


def read_doubts(**query: Unpack[ReadDoubtsQuery]) -> Operation[DoubtsBody]:
    """People who may have said no, newest first: they are not asked until somebody decides."""
    return Operation("GET", "/v1/doubts", query=query)


class DecideDoubtQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def decide_doubt(
    doubt: str, body: DoubtDecision, **query: Unpack[DecideDoubtQuery]
) -> Operation[ConsentRecorded]:
    """It was an opt-out, or it was none: then what held before it holds again."""
    return Operation("PATCH", "/v1/doubts/{doubt}", parts={"doubt": doubt}, body=body, query=query)


class ReadErasureQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_erasure(erasure: str, **query: Unpack[ReadErasureQuery]) -> Operation[ErasureBody]:
    """Which services have deleted what they held; `done_at`: when the last one had."""
    return Operation("GET", "/v1/erasures/{erasure}", parts={"erasure": erasure}, query=query)


class GetFlowsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_flows(**query: Unpack[GetFlowsQuery]) -> Operation[FlowsBody]:
    """As they are configured, and since when they are on."""
    return Operation("GET", "/v1/flows", query=query)


class AskDryRunQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def ask_dry_run(body: DryRunRequest, **query: Unpack[AskDryRunQuery]) -> Operation[DryRunBody]:
    """Who would have been asked, and why not. Nothing is asked and no configuration is written.

    Flows of the draft are on, whatever it says; what it does not name is as it is stored.
    `drafts` in its place: those that are kept, by kind and id.
    """
    return Operation("POST", "/v1/flows/dry-run", body=body, query=query)


class ReadDryRunQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_dry_run(run: str, **query: Unpack[ReadDryRunQuery]) -> Operation[DryRunBody]:
    """How far it is; `result` once it is done. It is kept for a week."""
    return Operation("GET", "/v1/flows/dry-run/{run}", parts={"run": run}, query=query)


class CancelDryRunQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def cancel_dry_run(run: str, **query: Unpack[CancelDryRunQuery]) -> Operation[DryRunBody]:
    """Ends it; one that is over stays as it is."""
    return Operation("DELETE", "/v1/flows/dry-run/{run}", parts={"run": run}, query=query)


class SwitchFlowQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def switch_flow(
    flow: str, body: FlowSwitch, **query: Unpack[SwitchFlowQuery]
) -> Operation[AppliedFlow]:
    """On or off. Off cancels every ask that is not out yet."""
    return Operation("PATCH", "/v1/flows/{flow}", parts={"flow": flow}, body=body, query=query)


class ReadInvitationQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def read_invitation(
    invitation: str, **query: Unpack[ReadInvitationQuery]
) -> Operation[InvitationBody]:
    """Its plan and its state; `steps` says which tries there were, and which may follow."""
    return Operation(
        "GET", "/v1/invitations/{invitation}", parts={"invitation": invitation}, query=query
    )


class PostKeyQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def post_key(body: KeyBody, **query: Unpack[PostKeyQuery]) -> Operation[KeyMade]:
    """The only answer that holds the key itself."""
    return Operation("POST", "/v1/keys", body=body, query=query)


class GetKeysQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_keys(**query: Unpack[GetKeysQuery]) -> Operation[KeysBody]:
    """Without the keys themselves: they are not stored."""
    return Operation("GET", "/v1/keys", query=query)


class DeleteKeyQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def delete_key(key_id: str, **query: Unpack[DeleteKeyQuery]) -> Operation[None]:
    """Revokes it; within two seconds nobody accepts it any more."""
    return Operation("DELETE", "/v1/keys/{key_id}", parts={"key_id": key_id}, query=query)


class GetLegalNoticeQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_legal_notice(**query: Unpack[GetLegalNoticeQuery]) -> Operation[LegalNotice]:
    """What has to be acknowledged before a flow is switched on, and who did, when."""
    return Operation("GET", "/v1/legal-notice", query=query)


class AcknowledgeLegalNoticeQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def acknowledge_legal_notice(
    body: Acknowledged, **query: Unpack[AcknowledgeLegalNoticeQuery]
) -> Operation[LegalNotice]:
    """In the name of the caller. Once is enough, and stays; it is in the change log, too."""
    return Operation("POST", "/v1/legal-notice/acknowledgements", body=body, query=query)


class GetSecretsQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_secrets(**query: Unpack[GetSecretsQuery]) -> Operation[SecretsBody]:
    """Which there are, since when and by whom; not what they are."""
    return Operation("GET", "/v1/secrets", query=query)


class PutSecretQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def put_secret(
    name: str, body: SecretBody, **query: Unpack[PutSecretQuery]
) -> Operation[SecretWritten]:
    """Writes it, also anew: services use the new one within a second."""
    return Operation("PUT", "/v1/secrets/{name}", parts={"name": name}, body=body, query=query)


class DeleteSecretQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def delete_secret(name: str, **query: Unpack[DeleteSecretQuery]) -> Operation[None]:
    """Removes one that no document refers to."""
    return Operation("DELETE", "/v1/secrets/{name}", parts={"name": name}, query=query)


class GetSurveysQuery(TypedDict, total=False):
    workspace: str
    """Whose it is; needed with an operator's key, else not."""


def get_surveys(**query: Unpack[GetSurveysQuery]) -> Operation[SurveysBody]:
    """As they are configured."""
    return Operation("GET", "/v1/surveys", query=query)


def get_workspaces() -> Operation[WorkspacesBody]:
    """Those that the key may see."""
    return Operation("GET", "/v1/workspaces")
