"""Templates of a survey: their words, with places for what varies; pure.

What is approved are the words, so other words are another template: its name is made of them. A
value may not be empty on WhatsApp, hence two templates per text: with all that varies, and, for
interactions of which something is not known, with nothing that does.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from common import dialogue
from common.config.links import PREFIX as PREFIX_OF_LINKS
from common.events.questionnaire import Band, Questionnaire
from common.render import says_something

MARK = re.compile("\u27e6([a-z0-9_]+)\u27e7")
PREFIX = "aftercall_"  # of the names of ours, beside those that people make themselves
VARYING = ("agent", "name", "queue")  # the brand does not: it is part of the words
OWN_LINKS = (dialogue.OPT_OUT_LINK,)  # of everybody who is written to
# Meta knows no bare `pt` or `zh`: https://developers.facebook.com, "Supported languages"
LANGUAGES: Mapping[str, str] = {"pt": "pt_BR", "zh": "zh_CN", "no": "nb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`body` with {{1}}, {{2}}; `variables`: the names that stand there."""

    survey_id: str
    language: str  # as Meta writes it
    body: str
    variables: tuple[str, ...]
    buttons: tuple[str, ...] = ()  # titles
    question: str = ""  # whose answers they are

    @property
    def name(self) -> str:
        told = "\n".join((self.language, self.body, *self.buttons))
        digest = blake2b(told.encode(), digest_size=5).hexdigest()
        return f"{PREFIX}{self.survey_id.replace('-', '_')[:40]}_{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Of a template, as the provider said last, in its words and in small letters.

    `sid`: what the provider calls it, where that is no name of ours.
    """

    name: str
    language: str
    status: str
    category: str = ""
    reason: str = ""
    sid: str = ""
    changed_at: datetime | None = field(default=None, compare=False)  # when it became this

    @property
    def place(self) -> tuple[str, str]:
        return self.name, self.language


def wording(
    survey: Questionnaire,
    *,
    known: bool,
    reminder: bool = False,
    buttons: tuple[str, ...] = (),
    links: Iterable[str] = OWN_LINKS,
) -> Wording:
    """`known`: everything that may vary is. `links`: those that there are, whatever is known."""
    said = dialogue.reminder_text if reminder else dialogue.opening_text
    marks = _marks((*links, *(VARYING if known else ())))
    text = said(survey, {**marks, "brand": survey.brand})
    question = survey.questions[0].id
    return _wording(survey, text, buttons=buttons, question=question)


def note(survey: Questionnaire, band: Band | None, *, known: bool, links: Iterable[str]) -> Wording:
    """The closing words alone. `links`: those that there are, by the names that texts have."""
    marks = _marks((*links, *(VARYING if known else ())))
    text = dialogue.note_text(survey, band, {**marks, "brand": survey.brand})
    return _wording(survey, text)


def _marks(names: Iterable[str]) -> dict[str, str]:
    return {name: f"\u27e6{name}\u27e7" for name in names}


def _wording(
    survey: Questionnaire, text: str, *, buttons: tuple[str, ...] = (), question: str = ""
) -> Wording:
    names = tuple(dict.fromkeys(MARK.findall(text)))
    body = MARK.sub(lambda found: f"{{{{{names.index(found[1]) + 1}}}}}", text)
    return Wording(
        survey_id=survey.survey_id,
        language=meta_language(survey.language),
        body=body,
        variables=names,
        buttons=buttons,
        question=question,
    )


def wording_for(
    survey: Questionnaire,
    variables: Mapping[str, str],
    *,
    reminder: bool = False,
    buttons: tuple[str, ...] = (),
) -> Wording:
    """The one whose places can all be filled."""
    links = [name for name in OWN_LINKS if variables.get(name)]
    full = wording(survey, known=True, reminder=reminder, buttons=buttons, links=links)
    if all(says_something(variables.get(name, "")) for name in full.variables):
        return full
    return wording(survey, known=False, reminder=reminder, buttons=buttons, links=links)


def note_for(survey: Questionnaire, band: Band | None, variables: Mapping[str, str]) -> Wording:
    """The one whose places can all be filled; a link that is not told has none."""
    links = [name for name in variables if name.startswith(PREFIX_OF_LINKS)]
    links += [name for name in OWN_LINKS if variables.get(name)]
    full = note(survey, band, known=True, links=links)
    if all(says_something(variables.get(name, "")) for name in full.variables):
        return full
    return note(survey, band, known=False, links=links)


def meta_language(language: str) -> str:
    """`pt-BR` is `pt_BR` there, and `pt` by itself is not known."""
    return LANGUAGES.get(language, language.replace("-", "_"))


def value(text: str) -> str:
    """As Meta takes it: no line ends, no tabs, no four spaces in a row (132018)."""
    return " ".join(text.split())[:500]
