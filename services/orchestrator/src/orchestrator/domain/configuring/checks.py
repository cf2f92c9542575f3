"""What must hold between the documents of a workspace."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from common.config import Flow, PlanStep, Question, Survey, When, WorkspaceConfig
from common.config.reader import assemble
from common.errors import FieldError
from common.events.questionnaire import Band, QuestionKind, Texts
from common.events.values import Metric
from common.render import check_variables
from common.topics import SERVED
from orchestrator.domain.caps import duration
from orchestrator.domain.configuring.changes import Documents, Key
from orchestrator.domain.freeze import RATING_VARIABLES, VARIABLES

SCALES: Mapping[Metric, tuple[tuple[int, int], ...]] = {
    Metric.NPS: ((0, 10),),
    Metric.CSAT: ((1, 5),),
    Metric.CES: ((1, 5), (1, 7)),
    Metric.MOOD: ((1, 5),),
}
_TEXTS = frozenset(Texts.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other workspaces have taken, and the vendors that ingest understands (empty: all)."""

    sources: Collection[str] = ()
    senders: Collection[str] = ()
    vendors: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where a document stands; one that is only in the database is named by its id."""

    of: Mapping[Key, str]

    def error(self, kind: str, identity: str, field: str, message: str) -> FieldError:
        return FieldError(
            f"{self.of.get((kind, identity), f'{kind}s.{identity}')}.{field}", message
        )


def review(
    workspace: str, documents: Documents, *, places: Mapping[Key, str], elsewhere: Elsewhere
) -> list[FieldError]:
    """Every error of the workspace as it would be."""
    where = Places(places)
    for kind, identity in documents:
        if kind == "workspace" and identity != workspace:
            return [where.error(kind, identity, "id", f"this is {workspace}")]
    if ("workspace", workspace) not in documents:
        return [FieldError("workspaces", f"the workspace {workspace} is not described yet")]
    config = _meaning(workspace, documents)
    return [
        *_sources(config, where, elsewhere),
        *_accounts(config, where, elsewhere),
        *(error for survey in config.surveys.values() for error in _survey(survey, where)),
        *(
            where.error("number", number.number, f"texts.{path}", message)
            for number in config.numbers.values()
            for path, message in _texts(number.texts)
        ),
        *(error for flow in config.flows.values() for error in _flow(flow, config, where)),
    ]


def _meaning(workspace: str, documents: Documents) -> WorkspaceConfig:
    shared = {"workspace": workspace, "version": 0, "enabled_since": None}
    rows = [{**shared, "kind": kind, "body": body} for (kind, _), body in documents.items()]
    return assemble(0, rows).workspaces[workspace]


def _sources(config: WorkspaceConfig, places: Places, elsewhere: Elsewhere) -> Iterator[FieldError]:
    for source in config.sources.values():
        if source.id in elsewhere.sources:
            yield places.error("source", source.id, "id", "taken; ids of sources are unique")
        if elsewhere.vendors and source.vendor not in elsewhere.vendors:
            known = ", ".join(sorted(elsewhere.vendors))
            yield places.error("source", source.id, "vendor", f"not known; there are {known}")


def _accounts(
    config: WorkspaceConfig, places: Places, elsewhere: Elsewhere
) -> Iterator[FieldError]:
    taken: dict[str, str] = {}
    for account in config.accounts.values():
        for index, sender in enumerate(account.senders):
            field = f"senders.{index}.number"
            if sender.number in elsewhere.senders:
                message = "belongs to another workspace; replies to it could not be told apart"
                yield places.error("account", account.id, field, message)
            if sender.number in taken:
                message = f"is a sender of {taken[sender.number]} already"
                yield places.error("account", account.id, field, message)
            taken[sender.number] = account.id


def _flow(flow: Flow, config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    if flow.survey not in config.surveys:
        yield places.error("flow", flow.id, "survey", f"there is no survey {flow.survey}")
    for number, step in enumerate(flow.plan):
        for field, message in _plan_step(step, number, flow):
            yield places.error("flow", flow.id, f"plan.{number}.{field}", message)
        if flow.enabled and (why := _unservable(step, config)):
            yield places.error("flow", flow.id, f"plan.{number}.channel", why)


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
    if two_way:
        return None
    return f"the flow cannot be enabled without an account with a two-way sender for {step.channel}"


def _plan_step(step: PlanStep, number: int, flow: Flow) -> Iterator[tuple[str, str]]:
    """Its conditions, each with what it needs and no more."""
    if number == 0 and step.when:
        yield "when", "the first step follows none, so it has no condition"
    silent = When.SILENT in step.when
    if silent and step.after is None:
        yield "after", "how long it is silent, such as 4h"
    if step.after is not None and not silent:
        yield "after", "only for a step with `when: silent`"
    elif step.after is not None and not timedelta(0) < step.after < flow.expiry:
        yield "after", f"more than nothing and less than the flow's expiry, {duration(flow.expiry)}"
    by_line = When.LINE_TYPE in step.when
    if by_line and not step.line_types:
        yield "line_types", "which ones, such as [fixed]"
    if step.line_types and not by_line:
        yield "line_types", "only for a step with `when: line_type`"


def _survey(survey: Survey, places: Places) -> Iterator[FieldError]:
    first = survey.questions[0]
    if first.kind is not QuestionKind.RATING:
        message = "the first question is the score's: a rating"
        yield places.error("survey", survey.id, "questions.0.kind", message)
    elif first.scale not in SCALES[survey.metric]:
        scales = " or ".join(f"{low} to {high}" for low, high in SCALES[survey.metric])
        message = f"{survey.metric} is asked from {scales}"
        yield places.error("survey", survey.id, "questions.0.scale", message)
    seen: set[str] = set()
    for index, question in enumerate(survey.questions):
        for field, message in _question(question, survey, seen):
            yield places.error("survey", survey.id, f"questions.{index}.{field}", message)
        seen.add(question.id)
    for path, message in _texts(survey.texts):
        yield places.error("survey", survey.id, f"texts.{path}", message)


def _question(
    question: Question, survey: Survey, seen: Collection[str]
) -> Iterator[tuple[str, str]]:
    if question.id in seen:
        yield "id", "another question of the survey has it"
    low, high = question.scale
    if question.kind is QuestionKind.RATING and not 0 <= low < high <= 10:
        yield "scale", "a rating has a lowest and a highest value, such as [1, 5], within 0 to 10"
    missing = survey.questions[0].text.keys() - question.text.keys()
    if missing:
        yield "text", f"not in {', '.join(sorted(missing))}, as the first question is"
    rating = {"low", "high"} if question.kind is QuestionKind.RATING else set()
    for language, text in question.text.items():
        for message in check_variables(text, VARIABLES | rating):
            yield f"text.{language}", message


def _texts(texts: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for language, of_language in texts.items():
        for name, text in of_language.items():
            if name not in _TEXTS:
                known = ", ".join(sorted(_TEXTS))
                yield f"{language}.{name}", f"not known; there are {known}"
            elif name == "thanks":
                for band, message in _thanks(text):
                    yield f"{language}.thanks{band}", message
            else:
                for message in _text(text):
                    yield f"{language}.{name}", message


def _thanks(value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield "", "must be a text per band: low, middle, high"
        return
    for band, text in value.items():
        if band not in list(Band):
            yield f".{band}", "a band is low, middle or high"
        for message in _text(text):
            yield f".{band}", message


def _text(value: object) -> list[str]:
    if not isinstance(value, str) or not 0 < len(value) <= 1_000:
        return ["must be a text of 1 to 1000 characters"]
    return check_variables(value, VARIABLES | RATING_VARIABLES)
