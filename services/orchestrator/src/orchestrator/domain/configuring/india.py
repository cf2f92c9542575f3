"""Before people in India are asked by text: every text is registered there, each by its words.

Pure. Beyond `MOST_LOOKED` it is the sender that looks, when a text goes out.
"""

from collections.abc import Iterator, Mapping
from itertools import islice, product

from common import dialogue
from common.config import Flow, Number, SmsNumber, Survey, TwilioSmsAccount, WorkspaceConfig
from common.config.dlt import INDIA
from common.config.freezing import freeze
from common.config.links import PREFIX, variable
from common.dialogue import Output, Said
from common.errors import FieldError
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire
from common.events.values import Channel
from common.render import render, variables_of
from orchestrator.domain.configuring.places import Places

MOST_LOOKED = 200  # languages, each with the words of each number that has its own
MOST_TOLD = 50  # of one flow
QUOTED = 200  # characters
BANDS = (Band.HIGH, Band.MIDDLE, Band.LOW)
KNOWN = {"name": "Noor", "agent": "Asha", "queue": "Billing"}
LINK = f"https://surveys.example.com/l/sms/{'x' * 16}"  # about as long as ours
Text = tuple[str, str]  # path in its survey, words
Sender = tuple[TwilioSmsAccount, int, SmsNumber]


def unregistered(flow: Flow, config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """What keeps an enabled flow from asking in India; nothing where it asks nobody there."""
    survey = config.surveys.get(flow.survey)
    by_text = flow.after_call is Channel.SMS or any(s.channel is Channel.SMS for s in flow.plan)
    asked = config.countries & set(flow.when.countries or config.countries)
    if not flow.enabled or survey is None or not by_text or INDIA not in asked:
        return
    for account, index, sender in _senders(config):
        if sender.header is not None:
            if _changes(flow, account, places):
                yield from islice(_texts(flow, survey, config, account, sender, places), MOST_TOLD)
        elif {("flow", flow.id), ("account", account.id)} & set(places.changed):
            message = (
                f"the flow {flow.id} asks people in India, where a text needs a header and"
                " templates that are registered (DLT); or give the sender other `countries`"
            )
            yield places.error("account", account.id, f"senders.{index}.header", message)


def _senders(config: WorkspaceConfig) -> list[Sender]:
    """From which people in India are written to."""
    two_way = [
        (account, index, sender)
        for account in config.accounts.values()
        if isinstance(account, TwilioSmsAccount)
        for index, sender in enumerate(account.senders)
        if sender.two_way
    ]
    own = [found for found in two_way if INDIA in found[2].countries]
    return own or [found for found in two_way if not found[2].countries]


def _changes(flow: Flow, account: TwilioSmsAccount, places: Places) -> bool:
    """Whether anything changes of which its words are made."""
    mine = {("flow", flow.id), ("survey", flow.survey), ("account", account.id)}
    return any(key in mine or key[0] in ("number", "workspace") for key in places.changed)


def _texts(
    flow: Flow,
    survey: Survey,
    config: WorkspaceConfig,
    account: TwilioSmsAccount,
    sender: SmsNumber,
    places: Places,
) -> Iterator[FieldError]:
    own: list[Number | None] = [n for n in config.numbers.values() if n.has_words]
    versions = product([None, *own], survey.questions[0].text)
    seen: set[str] = set()
    for number, language in islice(versions, MOST_LOOKED):
        asked = freeze(survey, workspace=config.workspace, language=language, number=number)
        asked = dialogue.on_channel(asked, Channel.SMS)
        place = ("number", number.number) if number else ("survey", survey.id)
        links = config.links_of(number.number if number else None)
        for known in _known(links):
            for path, text in said(asked, flow, known, notices=not account.answers_stop):
                if text not in seen:
                    seen.add(text)
                    where = _of_number(path, asked) if number else path
                    for message in _wrong(text, path, account, sender):
                        yield places.error(*place, where, message)


def _wrong(text: str, path: str, account: TwilioSmsAccount, sender: SmsNumber) -> Iterator[str]:
    quoted = text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
    if not account.may_say(text, sender):
        yield f"no template of {sender.header} says: {quoted}"
    if _asks(path) and sender.number[-10:] not in "".join(c for c in text if c.isdigit()):
        way = f"say that answers go to {sender.number}"
        yield f"nobody can reply to {sender.header}; {way}: {quoted}"


def _of_number(path: str, asked: Questionnaire) -> str:
    """Where a number has its own words of a question: by its id."""
    section, _, rest = path.partition(".")
    if section != "questions":
        return path
    index, _, language = rest.split(".")
    return f"questions.{asked.questions[int(index)].id}.{language}"


def _asks(path: str) -> bool:
    """Whether it is read by somebody who has answered nothing yet."""
    return path.startswith("questions.0.") or path.endswith(".reminder")


def _known(links: Mapping[str, object]) -> Iterator[dict[str, str]]:
    """All told, then each way in which sources leave something out."""
    told = {variable(link): LINK for link in links}
    for given in product((True, False), repeat=len(KNOWN)):
        names = zip(KNOWN.items(), given, strict=True)
        yield told | {name: value if known else "" for (name, value), known in names}


def said(
    asked: Questionnaire, flow: Flow, known: Mapping[str, str], *, notices: bool
) -> Iterator[Text]:
    """Everything that a person may read, by text, of a survey in one language."""
    known = {"brand": asked.brand, **known}
    if any(step.channel is Channel.SMS for step in flow.plan):
        yield from _asking(asked, known)
        yield from _following(asked, known)
        for name in ("stopped", "started", "help") if notices else ():
            notice = render(getattr(asked.texts, name), {"brand": asked.brand})
            yield f"texts.{asked.language}.{name}", notice
    for band in BANDS if flow.after_call is Channel.SMS else ():
        if any(name.startswith(PREFIX) for name in variables_of(dialogue.closing(asked, band))):
            yield _thanks(asked, band), dialogue.note_text(asked, band, known)


def _asking(asked: Questionnaire, known: Mapping[str, str]) -> Iterator[Text]:
    first = f"questions.0.text.{asked.language}"
    yield first, dialogue.opening_text(asked, known)
    reminder = f"texts.{asked.language}.reminder" if asked.texts.reminder else first
    yield reminder, dialogue.reminder_text(asked, known)


def _following(asked: Questionnaire, known: Mapping[str, str]) -> Iterator[Text]:
    texts, of = asked.texts, f"texts.{asked.language}"

    def spoken(text: str, question: Question | None = None, **told: str) -> str:
        output: Output = dialogue.say(asked, Said.QUESTION, text, question=question, told=told)
        return dialogue.spoken(asked, output, known) + dialogue.listed(output)

    changed = {"corrected": texts.corrected}
    for index, question in enumerate(asked.questions):
        path = f"questions.{index}.text.{asked.language}"
        if index:
            yield path, spoken(question.text, question, score="5")
        if question.is_counted:
            yield f"{of}.invalid", spoken(texts.invalid, question)
        for option in question.options:
            changed["rechosen"] = texts.rechosen
            yield f"{of}.rechosen", spoken(texts.rechosen, answer=option.text)
        if question.only or question.chosen:  # a correction may open it
            for name, text in changed.items():
                answer = "5" if name == "corrected" else _an_option(asked)
                both = spoken(f"{text} {question.text}", question, score="5", answer=answer)
                yield f"{of}.{name}", both
    yield f"{of}.corrected", spoken(texts.corrected, score="5")
    yield f"{of}.gave_up", spoken(texts.gave_up)
    yield f"{of}.closed", spoken(texts.closed)
    for band in BANDS:
        yield _thanks(asked, band), spoken(dialogue.closing(asked, band), score="5")


def _an_option(asked: Questionnaire) -> str:
    choices = [one for one in asked.questions if one.kind is QuestionKind.CHOICE]
    return choices[0].options[0].text if choices else ""


def _thanks(asked: Questionnaire, band: Band) -> str:
    own = band in asked.texts.thanks
    return f"texts.{asked.language}.{f'thanks.{band.value}' if own else 'thank_you'}"
