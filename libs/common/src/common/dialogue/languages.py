"""Which language somebody is asked in, where they choose it first: on the telephone, by a key."""

from dataclasses import replace

from msgspec import structs

from common.dialogue.speech import say
from common.dialogue.state import Advanced, Dialogue, Input, Open, Reply, Said, Silence, Stage
from common.events.questionnaire import Questionnaire


def spoken_in(questionnaire: Questionnaire, state: Dialogue) -> Questionnaire:
    """As it goes on from here; with `others` as long as nothing was chosen."""
    if not questionnaire.others or state.language is None:
        return questionnaire
    for one in questionnaire.others:
        if one.language == state.language:
            return one
    return structs.replace(questionnaire, others=())


def is_open(questionnaire: Questionnaire, state: Dialogue) -> bool:
    chosen = state.language is not None or state.answers
    return bool(questionnaire.others) and not chosen and state.stage is Stage.ASKING


def choose(questionnaire: Questionnaire, state: Dialogue, incoming: Input) -> Advanced:
    """The first is the questionnaire's own, then the others in their order; by number from 1."""
    if isinstance(incoming, Open):
        return Advanced(state=state, outputs=(say(questionnaire, Said.LANGUAGE, ""),))
    known = (questionnaire, *questionnaire.others)
    place = _place(incoming.text) if isinstance(incoming, Reply) else 0
    if 1 <= place <= len(known):
        chosen = known[place - 1]
        first = chosen.questions[0]
        said = say(chosen, Said.OPENING, first.text, question=first)
        return Advanced(state=replace(state, language=chosen.language, invalid=0), outputs=(said,))
    if state.invalid >= questionnaire.max_invalid:
        said = say(questionnaire, Said.GAVE_UP, questionnaire.texts.gave_up)
        return Advanced(state=replace(state, stage=Stage.GAVE_UP), outputs=(said,))
    kind = Said.SILENT if isinstance(incoming, Silence) else Said.INVALID
    said = say(questionnaire, kind, questionnaire.texts.invalid)
    return Advanced(state=replace(state, invalid=state.invalid + 1), outputs=(said,))


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else 0
