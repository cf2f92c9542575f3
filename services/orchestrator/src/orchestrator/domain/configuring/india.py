"""Before people in India are asked by text: every text is registered there, each by its words.

Pure. Beyond `MOST_LOOKED` it is the sender that looks, when a text goes out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product

from common import dialogue
from common.config import (
    Account,
    Flow,
    Number,
    SmsNumber,
    Survey,
    TwilioSmsAccount,
    WorkspaceConfig,
)
from common.config.dlt import INDIA, MOST_VARIABLES_IN_ALL
from common.config.freezing import freeze
from common.config.links import variable
from common.config.registered import MOST_STEPS as MOST_STEPS_OF_A_TEXT
from common.config.registered import Reading
from common.errors import FieldError
from common.events.questionnaire import Questionnaire
from common.events.values import Channel
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.sayings import Saying, When, sayings

MOST_LOOKED = 200  # languages of a survey, each with the words of each number that has its own
MOST_STEPS = 400_000  # to hold all texts against all templates: some 50 ms
MOST_TOLD = 50  # of one survey, and of senders
MOST_TOLD_IN_ALL = 500
MOST_NAMED = 3  # flows in a sentence
QUOTED = 200  # characters
# What it takes, in steps: a text to be read, so many of its characters, a question of a version; a
# character where words are looked at, and a word that may be STOP.
READ, CHARACTERS, FROZEN = 40, 10, 20
LOOKED_AT, STOP = 8, 2_000
LINK = f"https://surveys.example.com/l/sms/{'x' * 16}"  # about as long as ours
TOO_MUCH = (
    "its texts in India are too many to be held against all templates before it is on:"
    " fewer languages, numbers with words of their own, or templates that begin alike"
)
Sender = tuple[TwilioSmsAccount, int, SmsNumber]
# By account and header: the account, and the numbers that the header stands for.
Headers = dict[tuple[str, str], tuple[TwilioSmsAccount, list[str]]]
Earlier = Callable[[], WorkspaceConfig | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks people in India by text: flows that are on, and the senders that they ask from."""

    flows: tuple[Flow, ...] = ()
    senders: tuple[Sender, ...] = ()

    @classmethod
    def of(cls, config: WorkspaceConfig | None) -> "Asking":
        if config is None or INDIA not in config.countries:
            return cls()
        flows = tuple(flow for flow in config.flows.values() if _asks(flow, config))
        return cls(flows, tuple(_senders(config)) if flows else ())

    @property
    def names(self) -> set[str]:
        return {flow.id for flow in self.flows}

    @property
    def bare(self) -> list[Sender]:
        return [found for found in self.senders if found[2].header is None]

    @property
    def headers(self) -> Headers:
        found: Headers = {}
        for account, _, sender in self.senders:
            if sender.header is not None:
                under = found.setdefault((account.id, sender.header), (account, []))
                under[1].append(sender.number)
        return found


def _asks(flow: Flow, config: WorkspaceConfig) -> bool:
    by_text = flow.after_call is Channel.SMS or _plans_texts(flow)
    there = not flow.when.countries or INDIA in flow.when.countries
    return flow.enabled and flow.survey in config.surveys and by_text and there


def _plans_texts(flow: Flow) -> bool:
    return any(step.channel is Channel.SMS for step in flow.plan)


def _senders(config: WorkspaceConfig) -> list[Sender]:
    """From which people in India are written to: never from the number that they called."""
    two_way = [
        (account, index, sender)
        for account in config.accounts.values()
        if isinstance(account, TwilioSmsAccount)
        for index, sender in enumerate(account.senders)
        if sender.two_way
    ]
    own = [found for found in two_way if INDIA in found[2].countries]
    anywhere = [found for found in two_way if not found[2].countries]
    if len(own) == 1 and own[0][2].number in config.numbers:
        return own + anywhere
    return own or anywhere


@dataclass(frozen=True)
class _Changing:
    """What asks in India, what did before, and which documents change."""

    now: Asking
    earlier: Earlier
    places: Places

    @cached_property
    def before(self) -> Asking:
        return Asking.of(self.earlier())

    @cached_property
    def asked(self) -> set[str]:
        """Flows that asked there already."""
        return self.before.names

    @cached_property
    def asked_bare(self) -> set[str]:
        """Those that could from a sender without a header."""
        return self.before.names if self.before.bare else set()

    @cached_property
    def headers(self) -> Headers:
        return self.now.headers

    @cached_property
    def known(self) -> set[tuple[str, str]]:
        """Headers that were asked under there already."""
        return set(self.before.headers)

    @cached_property
    def words(self) -> bool:
        """Whether brand, links or words of numbers may change."""
        return any(kind in ("number", "workspace") for kind, _ in self.places.changed)

    def has(self, kind: str, identity: str) -> bool:
        return (kind, identity) in self.places.changed


def unregistered(config: WorkspaceConfig, earlier: Earlier, places: Places) -> Iterator[FieldError]:
    """What keeps flows that are on from asking in India; nothing where nobody is asked there.

    What was so before stays, but for the flows and accounts that change. `earlier`: before the
    changes, for what is removed may have stood between a flow and India.
    """
    yield from _too_many(config, earlier, places)
    now = Asking.of(config)
    if now.flows:
        changing = _Changing(now, earlier, places)
        yield from islice(_bare(changing), MOST_TOLD)
        yield from islice(_unsaid(config, changing), MOST_TOLD_IN_ALL)


def _too_many(config: WorkspaceConfig, earlier: Earlier, places: Places) -> Iterator[FieldError]:
    """Variables of an account that changes; of what is beyond already there may be fewer."""
    for kind, identity in places.changed:
        count = _variables(config.accounts.get(identity)) if kind == "account" else 0
        if count <= MOST_VARIABLES_IN_ALL:
            continue
        before = earlier()
        if before is None or count > _variables(before.accounts.get(identity)):
            message = f"have {count} variables together, and may have {MOST_VARIABLES_IN_ALL}"
            yield places.error(kind, identity, "dlt.templates", message)


def _variables(account: Account | None) -> int:
    registered = account.dlt if isinstance(account, TwilioSmsAccount) else None
    return registered.variables if registered else 0


def _bare(changing: _Changing) -> Iterator[FieldError]:
    """Where a sender without a header is asked from, and was not, or is written anew."""
    newly: list[str] | None = None
    for account, index, _ in changing.now.bare:
        if changing.has("account", account.id):
            flows = [flow.id for flow in changing.now.flows]
        else:
            newly = _newly_bare(changing) if newly is None else newly
            flows = newly
        if flows:
            named = f"the flow {flows[0]} asks"
            if len(flows) > 1:
                named = f"{', '.join(flows[:MOST_NAMED])} ({len(flows)} flows) ask"
            message = (
                f"{named} people in India, where a text needs a header and templates that are"
                " registered (DLT); or give the sender other `countries`, or the flow others in"
                " `when`"
            )
            yield changing.places.error("account", account.id, f"senders.{index}.header", message)


def _newly_bare(changing: _Changing) -> list[str]:
    return [
        flow.id
        for flow in changing.now.flows
        if changing.has("flow", flow.id) or flow.id not in changing.asked_bare
    ]


@dataclass(frozen=True, slots=True)
class _Under:
    """A header that a survey is asked under, and the `numbers` that it stands for."""

    account: TwilioSmsAccount
    header: str
    numbers: Sequence[str]
    asks: bool
    after_call: bool

    def says(self, saying: Saying) -> bool:
        if saying.when is When.CALLED:
            return self.after_call
        return self.asks and not (saying.when is When.KEYWORD and self.account.answers_stop)

    def wrong(self, saying: Saying, text: str, reading: Reading) -> Iterator[str]:
        quoted = text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
        registered = self.account.dlt.registered if self.account.dlt else None
        if registered is None or registered.template_of(reading, self.header) is None:
            yield f"no template of {self.header} says: {quoted}"
        if saying.when is When.FIRST:
            digits = "".join(c for c in text if c.isdigit())
            for number in self.numbers:
                if number[-10:] not in digits:
                    way = f"say that answers go to {number}"
                    yield f"nobody can reply to {self.header}; {way}: {quoted}"


def _unsaid(config: WorkspaceConfig, changing: _Changing) -> Iterator[FieldError]:
    """Texts that no template says, of what changes or asks there newly."""
    looking = _Looking(config, changing.places)
    of_survey: dict[str, list[Flow]] = {}
    for flow in changing.now.flows:
        of_survey.setdefault(flow.survey, []).append(flow)
    for name, flows in of_survey.items():
        yield from islice(looking.at(config.surveys[name], _under(flows, changing)), MOST_TOLD)
        if looking.left < 0:
            return


def _under(flows: Sequence[Flow], changing: _Changing) -> Iterator[_Under]:
    """Of the flows of one survey: each header, unless all that is said under it was before."""
    all_of_them = _kinds(flows)
    touched = _kinds([flow for flow in flows if _is_touched(flow, changing)])
    for key, (account, numbers) in changing.headers.items():
        is_new = changing.words or changing.has("account", key[0]) or key not in changing.known
        asks, after_call = all_of_them if is_new else touched
        yield _Under(account, key[1], numbers, asks, after_call)


def _kinds(flows: Sequence[Flow]) -> tuple[bool, bool]:
    """Whether some ask by text, and whether some write after a call."""
    return any(map(_plans_texts, flows)), any(one.after_call is Channel.SMS for one in flows)


def _is_touched(flow: Flow, changing: _Changing) -> bool:
    changes = changing.has("flow", flow.id) or changing.has("survey", flow.survey)
    return changes or changing.words or flow.id not in changing.asked


class _TooMuch(Exception):
    """More than `MOST_STEPS`."""


@dataclass(slots=True)
class _Looking:
    """At all texts of a workspace and all templates; `left`: so many steps more."""

    config: WorkspaceConfig
    places: Places
    left: int = field(default_factory=lambda: MOST_STEPS)
    words: set[tuple[str, str]] = field(default_factory=set)  # by language

    def at(self, survey: Survey, headers: Iterator[_Under]) -> Iterator[FieldError]:
        try:
            found: list[_Under] = []
            for one in headers:
                self._take(1)
                found += [one] if one.asks or one.after_call else []
            if found:
                yield from self._at(survey, found)
        except _TooMuch:
            yield self.places.error("survey", survey.id, "", TOO_MUCH)

    def _at(self, survey: Survey, under: Sequence[_Under]) -> Iterator[FieldError]:
        own: list[Number | None] = [n for n in self.config.numbers.values() if n.has_words]
        versions = product([None, *own], survey.questions[0].text)
        known: set[tuple[object, ...]] = set()
        seen: set[tuple[str, When]] = set()
        for number, language in islice(versions, MOST_LOOKED):
            asked = self._frozen(survey, language, number)
            place = ("number", number.number) if number else ("survey", survey.id)
            links = self.config.links_of(number.number if number else None)
            told = {variable(link): LINK for link in links}
            for saying in sayings(asked):
                self._take(len(under))
                if (same := (saying.when, saying.written, saying.told)) in known:
                    continue
                known.add(same)
                of_it = [one for one in under if one.says(saying)]
                for text in saying.readings(told) if of_it else ():
                    self._take(READ + len(text) // CHARACTERS)
                    if saying.when in (When.FIRST, When.CALLED):
                        self._take_words(text, asked.language)
                    if (text, saying.when) not in seen:
                        seen.add((text, saying.when))
                        where = _of_number(saying.path, asked) if number else saying.path
                        for message in self._wrong(of_it, saying, text):
                            yield self.places.error(*place, where, message)

    def _frozen(self, survey: Survey, language: str, number: Number | None) -> Questionnaire:
        self._take(sum(FROZEN * (1 + len(one.options)) for one in survey.questions))
        workspace = self.config.workspace
        asked = freeze(survey, workspace=workspace, language=language, number=number)
        return dialogue.on_channel(asked, Channel.SMS)

    def _wrong(self, under: Sequence[_Under], saying: Saying, text: str) -> Iterator[str]:
        for one in under:
            reading = Reading(text, most=min(MOST_STEPS_OF_A_TEXT, self.left))
            found = list(one.wrong(saying, text, reading))
            self._take(reading.steps + len(one.numbers))
            yield from found

    def _take_words(self, text: str, language: str) -> None:
        """Of what is read first every word is looked at, whether it says how to opt out."""
        self._take(LOOKED_AT * len(text))
        words = {(word, language) for word in dialogue.maybe_stops(text, language)} - self.words
        self.words |= words
        self._take(sum(STOP * (1 + len(word) // QUOTED) for word, _ in words))

    def _take(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _TooMuch


def _of_number(path: str, asked: Questionnaire) -> str:
    """Where a number has its own words of a question: by its id."""
    section, _, rest = path.partition(".")
    if section != "questions":
        return path
    index, _, language = rest.split(".")
    return f"questions.{asked.questions[int(index)].id}.{language}"
