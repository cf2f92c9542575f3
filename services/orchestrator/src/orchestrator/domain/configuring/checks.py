"""What must hold between the documents of a workspace."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from common.config import Flow, PlanStep, Question, Survey, When, WorkspaceConfig
from common.config.mapping import MAPPED
from common.config.mapping_faults import validate_mapping
from common.config.models import KINDS
from common.config.reader import Parsed, assemble
from common.errors import FieldError
from common.events.questionnaire import QuestionKind
from common.events.values import Channel, Metric
from common.phone import country_of
from common.topics import SERVED
from orchestrator.domain.caps import duration
from orchestrator.domain.configuring.changes import Documents, Key
from orchestrator.domain.configuring.choices import unaskable, unsuited
from orchestrator.domain.configuring.consent_terms import needless_ends
from orchestrator.domain.configuring.india import unregistered
from orchestrator.domain.configuring.links import known_to, still_named, uneven_reviews
from orchestrator.domain.configuring.opt_out_links import bare_ends
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.rights import Writer, beyond, too_many
from orchestrator.domain.configuring.said import texts_of, voices_of, wrong_with
from orchestrator.domain.configuring.words import own_words
from orchestrator.domain.freeze import VARIABLES


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other workspaces have taken, and the vendors that ingest understands (empty: all).

    `senders`: numbers with the operator's reference that they are used by. A number alone is not
    taken: who has no credentials for it can name it and gains nothing, for replies are signed.
    """

    sources: Collection[str] = ()
    senders: Collection[tuple[str, str]] = ()
    vendors: Collection[str] = ()


def review(
    workspace: str,
    documents: Documents,
    *,
    places: Mapping[Key, str],
    elsewhere: Elsewhere,
    changed: Collection[Key] | None = None,
    before: Documents | None = None,
    writer: Writer | None = None,
) -> list[FieldError]:
    """Every error of the workspace as it would be; None writes: nobody's rights are looked at.

    `changed`: the documents that would change; None: all that have a place. Another one that cannot
    be read stands in nobody's way, unless something that changes refers to it. `before`: all that
    there was, also what is removed; None: nothing.
    """
    where = Places(places, places if changed is None else changed)
    for kind, identity in documents:
        if kind == "workspace" and identity != workspace:
            return [where.error(kind, identity, "id", f"is not {workspace}, which was named")]
    if ("workspace", workspace) not in documents:
        return [FieldError("workspaces", f"the workspace {workspace} is not described yet")]
    parsed: Parsed = {}
    config = _meaning(workspace, documents, parsed)
    assert config is not None

    @cache
    def earlier() -> WorkspaceConfig | None:
        return _meaning(workspace, before, parsed) if before else None

    return [
        *_unreadable(config, where),
        *_sources(config, where, elsewhere),
        *_accounts(config, where, elsewhere),
        *_surveys(config, where),
        *_numbers(config, where),
        *own_words(config, where),
        *needless_ends(config, where),
        *uneven_reviews(config, where),
        *still_named(config, where),
        *(error for flow in config.flows.values() for error in _flow(flow, config, where)),
        *bare_ends(config, where),
        *unregistered(config, earlier, where),
        *(beyond(config, where, writer) if writer else ()),
        *(too_many(documents, config, writer, earlier) if writer else ()),
    ]


def _meaning(workspace: str, documents: Documents, parsed: Parsed) -> WorkspaceConfig | None:
    """None: the workspace is not described. What is `parsed` and the same is not parsed again."""
    shared = {"workspace": workspace, "version": 0, "enabled_since": None}
    rows = [{**shared, "kind": kind, "id": id, "body": b} for (kind, id), b in documents.items()]
    return assemble(0, rows, parsed).workspaces.get(workspace)


def _unreadable(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """What is written must be sound, as what is read must be."""
    for kind, identity in places.changed:
        if kind not in KINDS:
            yield places.error(kind, identity, "", "of a kind that this version does not know")
        elif why := config.unreadable.get((kind, identity)):
            for error in why.errors:
                yield places.error(kind, identity, error.field, error.message)


def _sources(config: WorkspaceConfig, places: Places, elsewhere: Elsewhere) -> Iterator[FieldError]:
    for source in config.sources.values():
        if source.id in elsewhere.sources:
            yield places.error("source", source.id, "id", "taken; ids of sources are unique")
        if elsewhere.vendors and source.vendor not in elsewhere.vendors:
            known = ", ".join(sorted(elsewhere.vendors))
            yield places.error("source", source.id, "vendor", f"not known; there are {known}")
        if source.vendor == MAPPED and ("source", source.id) in places.changed:
            for wrong in validate_mapping(source.mapping):
                yield places.error("source", source.id, wrong.field, wrong.message)


def _accounts(
    config: WorkspaceConfig, places: Places, elsewhere: Elsewhere
) -> Iterator[FieldError]:
    taken: dict[tuple[Channel, str], str] = {}
    for account in config.accounts.values():
        for index, sender in enumerate(account.senders):
            field = f"senders.{index}.number"
            if any((sender.number, one) in elsewhere.senders for one in account.secrets.values()):
                message = (
                    "another workspace uses it by the same reference; replies to it could not be"
                    " told apart"
                )
                yield places.error("account", account.id, field, message)
            if (account.channel, sender.number) in taken:
                message = f"is a sender of {taken[account.channel, sender.number]} already"
                yield places.error("account", account.id, field, message)
            taken[account.channel, sender.number] = account.id


def _flow(flow: Flow, config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    if ("survey", flow.survey) in config.unreadable:
        if ("flow", flow.id) in places.changed:
            message = f"the survey {flow.survey} cannot be read by this version"
            yield places.error("flow", flow.id, "survey", message)
    elif flow.survey not in config.surveys:
        yield places.error("flow", flow.id, "survey", f"there is no survey {flow.survey}")
    if flow.enabled and flow.survey in config.surveys:
        for number, message in unsuited(flow, config.surveys[flow.survey]):
            yield places.error("flow", flow.id, f"plan.{number}.channel", message)
    for field, message in _person_line(flow, config):
        yield places.error("flow", flow.id, f"transfer{field}", message)
    for number, step in enumerate(flow.plan):
        for field, message in _plan_step(step, number, flow):
            yield places.error("flow", flow.id, f"plan.{number}.{field}", message)
        if flow.enabled and (why := _unservable(step, config)):
            yield places.error("flow", flow.id, f"plan.{number}.channel", why)


def _person_line(flow: Flow, config: WorkspaceConfig) -> Iterator[tuple[str, str]]:
    """Whom we ring is where we may ring: who writes flows must not make us call the world."""
    if flow.transfer is None:
        return
    if not any(step.channel is Channel.IVR for step in flow.plan):
        yield "", "only where the flow calls people: a step on the channel ivr"
    country = country_of(flow.transfer.number)
    if country not in config.countries:
        yield ".number", f"is of {country or 'no country'}, which the workspace does not call"


def _unservable(step: PlanStep, config: WorkspaceConfig) -> str | None:
    """Why a flow with this step cannot be enabled."""
    if step.channel not in SERVED:
        served = ", ".join(SERVED)
        return f"no service asks by {step.channel}, so the flow cannot be enabled; served: {served}"
    two_way = any(
        sender.two_way
        for account in config.accounts.values()
        if account.channel is step.channel
        for sender in account.senders
    )
    unclear = any(kind == "account" for kind, _ in config.unreadable)
    if two_way or unclear:
        return None
    return f"the flow cannot be enabled without an account with a two-way sender for {step.channel}"


def _plan_step(step: PlanStep, number: int, flow: Flow) -> Iterator[tuple[str, str]]:
    """Its conditions, each with what it needs and no more."""
    if number == 0 and step.when:
        yield "when", "the first step follows none, so it has no condition"
    silent = When.SILENT in step.when
    again = When.FAILED in step.when and step.channel in (s.channel for s in flow.plan[:number])
    if silent and step.after is None:
        yield "after", "how long it is silent, such as 4h"
    if step.after is not None and not (silent or again):
        yield "after", "only for a step with `when: silent`, or one that tries a channel again"
    elif step.after is not None and not timedelta(0) < step.after < flow.expiry:
        yield "after", f"more than nothing and less than the flow's expiry, {duration(flow.expiry)}"
    by_line = When.LINE_TYPE in step.when
    if by_line and not step.line_types:
        yield "line_types", "which ones, such as [fixed]"
    if step.line_types and not by_line:
        yield "line_types", "only for a step with `when: line_type`"


def _surveys(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    for survey in config.surveys.values():
        if ("survey", survey.id) not in places.changed:
            continue  # a newer version may know more texts and variables
        for index, question in enumerate(survey.questions):
            for field, message in _question(question, survey):
                yield places.error("survey", survey.id, f"questions.{index}.{field}", message)
        for path, message in texts_of(survey.texts, links=known_to(config, None)):
            yield places.error("survey", survey.id, path, message)
        for path, message in voices_of(survey):
            yield places.error("survey", survey.id, f"voice.{path}", message)


def _numbers(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    for number in config.numbers.values():
        if ("number", number.number) in places.changed:
            links = known_to(config, number)
            for path, message in texts_of(number.texts, links=links):
                yield places.error("number", number.number, path, message)


def _question(question: Question, survey: Survey) -> Iterator[tuple[str, str]]:
    yield from _metric(question, survey)
    missing = survey.questions[0].text.keys() - question.text.keys()
    if missing:
        yield "text", f"not in {', '.join(sorted(missing))}, as the first question is"
    yield from unaskable(question, set(survey.questions[0].text))
    rating = {"low", "high"} if question.kind is not QuestionKind.COMMENT else set()
    for language, text in question.text.items():
        for message in wrong_with(text, VARIABLES | rating):
            yield f"text.{language}", message


def _metric(question: Question, survey: Survey) -> Iterator[tuple[str, str]]:
    """What a rating is counted by; the first one's scale is looked at with its survey."""
    if question.metric is None and question.kind is not QuestionKind.RATING:
        return
    if question.kind is not QuestionKind.RATING:
        yield "metric", "only a rating has one"
    elif question is survey.questions[0]:
        if question.metric not in (None, survey.metric):
            yield "metric", f"the first question is the score's: its metric is {survey.metric}"
    elif (question.metric or survey.metric) is Metric.NPS and question.scale != (0, 10):
        yield "metric", "nps is asked from 0 to 10; give the question a metric of its own"
