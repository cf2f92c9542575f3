"""What a person gets on a channel: the texts of a flow's survey, as its renderer makes them."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from channel.content import Choices, Content, Mail, Prompt, Template, Text
from channel.rendering import Renderer
from channel.schemas import PreviewBody, SegmentsBody, ShownBody, TemplateBody
from common import dialogue
from common.config import ConfigReader, Flow, Number, WorkspaceConfig
from common.config.freezing import freeze
from common.config.links import PREFIX
from common.dialogue import Output, Said
from common.errors import Problem
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire
from common.events.sends import Step, StepKind
from common.events.values import Channel
from common.render import render, segments, variables_of
from common.time import Clock

BANDS = (Band.HIGH, Band.MIDDLE, Band.LOW)
SAMPLE: Mapping[str, str] = {"name": "Noor", "agent": "Asha", "queue": "Billing"}
LONGEST_NAME = 40  # characters of a name, an agent, a queue in the longest text
TOKEN = "x" * 16  # as long as the end of an address of ours
NOBODY = UUID(int=0)
Place = tuple[str, str]  # name and language of a template
States = Callable[[str, Collection[Place]], Awaitable[Mapping[Place, tuple[str, str]]]]
Suited = Callable[[Step], Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Reads configuration alone. `states`: of templates, what the provider says and why."""

    config: ConfigReader
    channel: Channel
    renderer: Renderer
    suited: Suited
    base: str  # of links
    clock: Clock
    states: States | None = None

    async def read(
        self, workspace: str, flow: str, *, language: str | None, number: str | None
    ) -> PreviewBody:
        """Raises `Problem` 404 where there is no such flow, or its survey cannot be read."""
        known = (await self.config.current()).workspaces.get(workspace)
        found = known.flows.get(flow) if known else None
        survey = known.surveys.get(found.survey) if known and found else None
        if known is None or found is None or survey is None:
            raise Problem(404, "No such flow, or its survey cannot be read")
        called = known.numbers.get(number or "")
        spoken = language or known.workspace.language
        asked = freeze(
            survey,
            workspace=known.workspace,
            language=spoken,
            number=called,
            choosing=bool(survey.choose_language),
        )
        shown = list(self._shown(asked, found, known, called))
        states = await self._states(workspace, shown)
        return PreviewBody(
            flow=found.id,
            survey=survey.id,
            language=asked.language,
            languages=tuple(survey.questions[0].text),
            channel=self.channel.value,
            in_plan=any(step.channel is self.channel for step in found.plan),
            messages=[told(one, self.channel, states) for one in shown],
        )

    def _shown(
        self, survey: Questionnaire, flow: Flow, known: WorkspaceConfig, called: Number | None
    ) -> Iterator["Shown"]:
        number = called.number if called else None
        links = {PREFIX + one: f"{self.base}/{TOKEN}" for one in known.links_of(number)}
        if self.channel is not Channel.IVR:
            links[dialogue.OPT_OUT_LINK] = f"{self.base}/{TOKEN}"
        sample = {"brand": survey.brand, **SAMPLE, **links}
        longest = sample | {name: "m" * LONGEST_NAME for name in SAMPLE}
        step = self.suited(self._step(survey, flow, sample))
        ways = step, structs.replace(step, variables=longest)
        for short, long in zip(*(self._texts(one, flow) for one in ways), strict=True):
            yield replace(short, longest=long.content)

    def _texts(self, step: Step, flow: Flow) -> Iterator["Shown"]:
        yield from texts(step, self.renderer)
        if flow.after_call is self.channel:
            yield from notes(step, self.renderer)

    def _step(self, survey: Questionnaire, flow: Flow, variables: dict[str, str]) -> Step:
        return Step(
            id=NOBODY,
            invitation_id=NOBODY,
            interaction_id=NOBODY,
            contact_id=NOBODY,
            kind=StepKind.ASK,
            number=0,
            channel=self.channel,
            address="",
            flow_id=flow.id,
            flow_version=flow.version,
            questionnaire=dialogue.on_channel(survey, self.channel),
            expires_at=self.clock() + timedelta(days=1),
            variables=variables,
        )

    async def _states(
        self, workspace: str, shown: Collection["Shown"]
    ) -> Mapping[Place, tuple[str, str]]:
        places = {
            (one.content.name, one.content.language)
            for one in shown
            if isinstance(one.content, Template)
        }
        return await self.states(workspace, places) if self.states and places else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One text. `longest`: with the longest names that there may be."""

    when: str
    content: Content
    question: Question | None = None
    band: Band | None = None
    longest: Content | None = field(default=None)


def texts(step: Step, renderer: Renderer) -> Iterator[Shown]:
    """In the order in which a person may get them. Pure."""
    survey = step.questionnaire
    first, *others = survey.questions

    def follow(output: Output) -> Content:
        return renderer.follow_up(survey, output, step.variables)

    if survey.others:
        yield Shown(when="language", content=renderer.ask(step))
        step = structs.replace(step, questionnaire=structs.replace(survey, others=()))
        survey = step.questionnaire
    yield Shown(when="ask", content=renderer.ask(step), question=first)
    yield Shown(when="reminder", content=renderer.reminder(step), question=first)
    for question in (one for one in others if one.is_known):
        content = follow(dialogue.asked(survey, question))
        yield Shown(when="question", content=content, question=question)
    said, written = survey.texts, not isinstance(renderer.ask(step), Prompt)
    for when, text in ((Said.INVALID, said.invalid), (Said.SILENT, said.invalid)):
        if when is Said.INVALID or not written:
            output = dialogue.say(survey, when, text, question=first)
            yield Shown(when=when.value, content=follow(output), question=first)
    yield Shown(when="gave_up", content=follow(dialogue.say(survey, Said.GAVE_UP, said.gave_up)))
    for band in BANDS:
        output = dialogue.say(survey, Said.THANKS, dialogue.closing(survey, band), told=SCORED)
        yield Shown(when="thanks", content=follow(output), band=band)
    yield Shown(when="closed", content=follow(dialogue.say(survey, Said.CLOSED, said.closed)))
    notices = {"stopped": said.stopped, "started": said.started, "help": said.help}
    for name in notices if written else ("stopped",):
        spoken = render(notices[name], {"brand": survey.brand})
        yield Shown(when=name, content=renderer.notice(spoken, survey.language))


SCORED: Mapping[str, str] = {"score": "5"}


def notes(step: Step, renderer: Renderer) -> Iterator[Shown]:
    """After an answer on the telephone, where the closing words of the band name a link. Pure."""
    survey = step.questionnaire
    for band in BANDS:
        named = variables_of(dialogue.closing(survey, band))
        if any(name.startswith(PREFIX) for name in named):
            yield Shown(when="note", content=renderer.note(survey, band, step.variables), band=band)


def told(shown: Shown, channel: Channel, states: Mapping[Place, tuple[str, str]]) -> ShownBody:
    content, question = shown.content, shown.question
    more: dict[str, Any] = {"text": _words(content), **_keys(content, question)}
    if channel is Channel.SMS:
        more["segments"] = _segments(content)
        more["longest"] = _segments(shown.longest or content)
    if isinstance(content, Choices | Template):
        more["buttons"] = tuple(button.title for button in content.buttons)
    if isinstance(content, Template):
        status, reason = states.get((content.name, content.language), ("", ""))
        more["template"] = TemplateBody(
            name=content.name,
            language=content.language,
            variables=content.variables,
            status=status or None,
            reason=reason or None,
        )
    return ShownBody(
        when=shown.when,
        question=question.id if question else None,
        kind=question.kind.value if question else None,
        only=tuple(band.value for band in question.only) if question else (),
        chosen=dict(question.chosen) if question else {},
        band=shown.band.value if shown.band else None,
        **more,
    )


def _words(content: Content) -> str:
    match content:
        case Text(text=text) | Choices(text=text) | Prompt(text=text) | Template(text=text):
            return text
        case Mail(text=text):
            return text


def _segments(content: Content) -> SegmentsBody:
    found = segments(_words(content))
    return SegmentsBody(found.encoding.value, found.count, found.units)


def _keys(content: Content, question: Question | None) -> dict[str, Any]:
    """What each key means: a value, an option, or that they opt out."""
    if not isinstance(content, Prompt):
        return {}
    keys = {key: key for key in content.keys}
    if question is not None and question.kind is QuestionKind.CHOICE:
        keys = {str(place): one.id for place, one in enumerate(question.options, 1)}
    if content.stop:
        keys[content.stop] = "stop"
    audio = tuple(part.audio for part in content.parts if part.audio)
    spoken = {"voice": content.voice, "locale": content.language}
    return {"keys": keys, "recordings": audio, **spoken}
