"""What a document must be by itself, beyond the types of its fields, to be used at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from common.calendars import subdivisions
from common.config.accounts import TwilioSmsAccount
from common.config.conditions import faults
from common.config.dlt import INDIA, wrong_variables
from common.config.hours import BY_COUNTRY
from common.config.limits import Cap, CountedBy, Quota, QuotaPeriod
from common.config.mapping import MAPPED
from common.config.models import (
    Flow,
    Handshake,
    Number,
    Source,
    Workspace,
)
from common.config.person_line import PersonLine
from common.config.surveys import Question, Survey
from common.errors import FieldError
from common.events.questionnaire import QuestionKind
from common.events.values import Channel, Metric
from common.phone import not_to_be_asked

SCALES: Mapping[Metric, tuple[tuple[int, int], ...]] = {
    Metric.NPS: ((0, 10),),
    Metric.CSAT: ((1, 5),),
    Metric.CES: ((1, 5), (1, 7)),
    Metric.MOOD: ((1, 5),),
}
WRITTEN = (Channel.SMS, Channel.WHATSAPP)
LEAST_OPTIONS = 2
LONGEST_TEXT = 1_000  # characters
MOST_TEXTS = 100  # of a language
_THANKS = "thanks"  # a text per band; the others are texts
_THANKS_ON = "thanks_on"  # such texts, per channel


def unsound(value: Any) -> Iterator[FieldError]:
    """What is wrong with a parsed document; nothing for kinds that have no such rules."""
    if isinstance(value, Survey):
        yield from _survey(value)
    if isinstance(value, Flow):
        yield from _flow(value)
    if isinstance(value, Workspace):
        yield from _caps(value.caps)
        yield from _texts(value.texts)
        for index, one in enumerate(value.hours):
            yield from _span(f"hours.{index}.open", one.open)
    if isinstance(value, Number):
        yield from _texts(value.texts)
    if isinstance(value, Source):
        yield from _source(value)
    if isinstance(value, TwilioSmsAccount):
        yield from _headers(value)


def _source(source: Source) -> Iterator[FieldError]:
    if source.handshake and source.vendor != MAPPED:
        yield FieldError("handshake", f"of sources of the vendor {MAPPED}; others have their own")
    if source.handshake is Handshake.ZOOM and not source.signing_secrets:
        message = "Zoom's hand-shake is signed by the secret token of its app: name it here"
        yield FieldError("signing_secrets", message)


def _headers(account: TwilioSmsAccount) -> Iterator[FieldError]:
    """Headers are India's, and each has its templates."""
    templates = account.dlt.templates if account.dlt else ()
    for index, sender in enumerate(account.senders):
        if sender.header is None:
            continue
        if sender.countries != (INDIA,):
            yield FieldError(f"senders.{index}.countries", f"with a header: [{INDIA}], no other")
        if not any(one.header == sender.header for one in templates):
            message = f"no template of `dlt` is registered for {sender.header}"
            yield FieldError(f"senders.{index}.header", message)
    shown = {sender.header for sender in account.senders}
    for index, one in enumerate(templates):
        if one.header not in shown:
            yield FieldError(f"dlt.templates.{index}.header", "no sender goes out under it")
        for message in wrong_variables(one.text):
            yield FieldError(f"dlt.templates.{index}.text", message)


def _flow(flow: Flow) -> Iterator[FieldError]:
    yield from _span("call_hours", flow.call_hours)
    yield from _span("text_hours", flow.text_hours)
    for country, part in flow.days.subdivisions.items():
        known = subdivisions().get(country, frozenset())
        if part not in known:
            parts = ", ".join(sorted(known)) or "none"
            yield FieldError(f"days.subdivisions.{country}", f"parts with holidays: {parts}")
    if flow.transfer is not None:
        yield from _transfer(flow.transfer)
    if flow.after_call not in (None, *WRITTEN):
        yield FieldError("after_call", f"a channel to read: {' or '.join(WRITTEN)}")
    yield from faults(flow.when.groups(), "when")
    yield from _caps(flow.caps)
    if flow.one_in is not None and flow.sampling_rate != 1:
        yield FieldError("one_in", "either one_in or sampling_rate")
    if flow.aim is not None:
        yield from _aim(flow)
    for index, quota in enumerate(flow.quotas):
        if quota.by is CountedBy.CONTACT:
            yield FieldError(f"quotas.{index}.by", "of one contact there are caps, not quotas")
        if any(_same(quota, other) for other in flow.quotas[:index]):
            yield FieldError(f"quotas.{index}", "another quota counts the same")


def _span(field: str, written: str) -> Iterator[FieldError]:
    opens, _, closes = written.partition("-")
    if written != BY_COUNTRY and opens >= closes:
        yield FieldError(field, "from the earlier to the later, such as 09:00-20:00")


def _aim(flow: Flow) -> Iterator[FieldError]:
    assert flow.aim is not None
    if flow.one_in is not None:
        yield FieldError("aim", "either aim or one_in; sampling_rate is the most that aim asks")
    if flow.aim.by is CountedBy.CONTACT:
        yield FieldError("aim.by", "of an agent, a team, a queue or the flow, not of one contact")
    if flow.aim.per is QuotaPeriod.HOUR:
        yield FieldError("aim.per", "a day or a week: answers take longer than an hour")


def _transfer(line: PersonLine) -> Iterator[FieldError]:
    opens, _, closes = line.hours.partition("-")
    if opens >= closes:
        yield FieldError("transfer.hours", "from the earlier to the later, such as 09:00-18:00")
    if why := not_to_be_asked(line.number):
        yield FieldError("transfer.number", f"{why.replace('_', ' ')}: it would cost too much")


def _same(one: Quota, other: Quota) -> bool:
    return (one.by, one.per) == (other.by, other.per)


def _caps(caps: Iterable[Cap]) -> Iterator[FieldError]:
    for index, cap in enumerate(caps):
        if cap.by is CountedBy.FLOW:
            yield FieldError(f"caps.{index}.by", "of a whole flow there are quotas, not caps")


def _survey(survey: Survey) -> Iterator[FieldError]:
    first = survey.questions[0]
    if first.kind is not QuestionKind.RATING:
        yield FieldError("questions.0.kind", "the first question is the score's: a rating")
    elif first.scale not in SCALES[survey.metric]:
        scales = " or ".join(f"{low} to {high}" for low, high in SCALES[survey.metric])
        yield FieldError("questions.0.scale", f"{survey.metric} is asked from {scales}")
    seen: set[str] = set()
    for index, question in enumerate(survey.questions):
        if question.id in seen:
            yield FieldError(f"questions.{index}.id", "another question of the survey has it")
        if not _can_be_rated(question):
            message = "a rating has a lowest and a highest value, such as [1, 5], within 0 to 10"
            yield FieldError(f"questions.{index}.scale", message)
        for field, message in _choosing(question, survey.questions[:index]):
            yield FieldError(f"questions.{index}.{field}", message)
        seen.add(question.id)
    yield from _chosen_languages(survey)
    yield from _texts(survey.texts)
    for language, voice in survey.voice.items():
        for error in _texts({"texts": voice.texts}):
            yield FieldError(f"voice.{language}.{error.field.partition('.')[2]}", error.message)


def _chosen_languages(survey: Survey) -> Iterator[FieldError]:
    spoken = survey.choose_language
    if len(set(spoken)) != len(spoken) or len(spoken) == 1:
        yield FieldError("choose_language", "two languages or more, each once")
    for language in sorted(set(spoken) - survey.questions[0].text.keys()):
        yield FieldError("choose_language", f"the first question is not written in {language}")


def _choosing(question: Question, before: Sequence[Question]) -> Iterator[tuple[str, str]]:
    """Options, and what earlier ones this question hangs on."""
    ids = [option.id for option in question.options]
    if question.kind is QuestionKind.CHOICE:
        if len(ids) < LEAST_OPTIONS:
            yield "options", f"a choice has at least {LEAST_OPTIONS}"
        if question.scale != (0, 0):
            yield "scale", "of a rating; a choice has options"
    elif ids:
        yield "options", "only a choice has them"
    for index, one in enumerate(ids):
        if one in ids[:index]:
            yield f"options.{index}.id", "another option of the question has it"
    offered = {q.id: {o.id for o in q.options} for q in before if q.kind is QuestionKind.CHOICE}
    for name, options in question.chosen.items():
        if name not in offered:
            yield f"chosen.{name}", "no choice before this question has this id"
        elif unknown := set(options) - offered[name]:
            yield f"chosen.{name}", f"it has no option {', '.join(sorted(unknown))}"


def _can_be_rated(question: Question) -> bool:
    low, high = question.scale
    return question.kind is not QuestionKind.RATING or 0 <= low < high <= 10


def _texts(texts: Mapping[str, Mapping[str, Any]]) -> Iterator[FieldError]:
    for language, of_language in texts.items():
        if len(of_language) > MOST_TEXTS:
            yield FieldError(f"texts.{language}", f"has more than {MOST_TEXTS} texts")
            continue
        for name, text in of_language.items():
            path = f"texts.{language}.{name}"
            if name == _THANKS:
                yield from _by_band(path, text)
            elif name != _THANKS_ON:
                yield from _text(path, text)
            elif isinstance(text, dict) and len(text) <= MOST_TEXTS:
                for channel, of_channel in text.items():
                    yield from _by_band(f"{path}.{channel}", of_channel)
            else:
                yield FieldError(path, "must be texts per channel, such as whatsapp")


def _by_band(path: str, value: object) -> Iterator[FieldError]:
    if not isinstance(value, dict) or len(value) > MOST_TEXTS:
        yield FieldError(path, "must be a text per band: low, middle, high")
        return
    for band, text in value.items():
        yield from _text(f"{path}.{band}", text)


def _text(path: str, value: object) -> Iterator[FieldError]:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
        yield FieldError(path, f"must be a text of 1 to {LONGEST_TEXT} characters")
