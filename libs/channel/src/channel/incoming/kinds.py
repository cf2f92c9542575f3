"""What a person's message is, before a dialogue hears of it: a machine's, a keyword, a no. Pure."""

from datetime import datetime, timedelta

from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Entry
from channel.store.dialogues import Found
from channel.store.outcomes import InboundMessage
from common import dialogue
from common.answers import (
    LANGUAGES,
    Keyword,
    Machine,
    Wish,
    read_keyword,
    read_machine,
    read_opt_out,
)
from common.dialogue import Stage
from common.events.questionnaire import QuestionKind

_MOST_WORDS = 6  # of a no in another language
PRECISION = timedelta(seconds=1)  # of when a provider says that something was written


def is_machine(entry: Entry, inbound: InboundMessage, found: Found | None) -> bool:
    """Not what answers the open question: "a 5, thanks for reaching out" is in a person's words."""
    if entry.callback.stop or inbound.choice is not None:
        return False
    machine = read_machine(inbound.text)
    if machine is None or machine is Machine.REACTION:
        return machine is not None
    return not _answers(found, entry, inbound)


def _answers(found: Found | None, entry: Entry, inbound: InboundMessage) -> bool:
    if found is None or not _is_open(found, entry):
        return False
    return dialogue.answers(found.questionnaire, found.state, inbound.text)


def keyword_of(
    work: ContactWork, entry: Entry, inbound: InboundMessage, found: Found | None
) -> Keyword | None:
    """What the carrier read counts only where it cannot be an answer; STOP counts always."""
    if entry.callback.stop:
        return Keyword.STOP
    if inbound.choice is not None:
        return None
    asked = found is not None and _is_open(found, entry)
    language = found.questionnaire.language if found else "en"
    read = read_keyword(inbound.text, language, question_open=asked)
    suppressed = work.suppressed.get(entry.callback.contact, False)
    if read is Keyword.START and not suppressed:  # YES brings back only who had gone
        return read_keyword(inbound.text, language, question_open=True)
    if read is None and inbound.keyword == Keyword.START and suppressed:
        return Keyword.START
    if read is None and inbound.keyword == Keyword.HELP and not asked:
        return Keyword.HELP
    return read


def may_opt_out(
    work: ContactWork, entry: Entry, inbound: InboundMessage, found: Found | None
) -> bool:
    """Where a number was asked for, "no" may be one; who said no for sure said it already."""
    if (
        inbound.silent
        or inbound.choice is not None
        or work.suppressed.get(entry.callback.contact, False)
    ):
        return False
    awaits_rating = found is not None and _is_open(found, entry) and _asks_rating(found)
    if not awaits_rating and _answers(found, entry, inbound):  # "No" may be an option
        return False
    language = found.questionnaire.language if found else "en"
    wish = read_opt_out(inbound.text, [language], awaits_rating=awaits_rating).wish
    return wish is Wish.MAYBE or (wish is Wish.NONE and _is_no_elsewhere(inbound.text, language))


def _is_no_elsewhere(text: str, language: str) -> bool:
    """ "СТОП" of somebody who was asked in English: sure, in a language that may not be theirs.

    Looked for in what is short and holds no digit, for all languages together take their time.
    """
    if len(text.split()) > _MOST_WORDS or any(character.isdigit() for character in text):
        return False
    return read_opt_out(text, [language, *sorted(LANGUAGES)]).wish is Wish.SURE


def said_at(entry: Entry, inbound: InboundMessage) -> datetime:
    """When a START counts: one that is brought late undoes no STOP that came after it was written.

    Providers tell whole seconds. A STOP counts as it comes, for late is better than never.
    """
    received_at = entry.callback.received_at
    return min(received_at, (inbound.written_at or received_at) + PRECISION)


def _asks_rating(found: Found) -> bool:
    questions = found.questionnaire.questions
    return questions[found.state.question].kind is QuestionKind.RATING


def _is_open(found: Found, entry: Entry) -> bool:
    state = found.state
    return state.stage is Stage.ASKING and entry.callback.received_at < state.expires_at
