"""STOP, START and HELP: only as the whole message."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from common.answers.letters import folded


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"


# English holds everywhere: carriers act on these words whatever the language of the survey.
_STOP: Mapping[str, str] = {
    "en": "stop, stopall, stop all, unsubscribe, cancel, end, quit, revoke, optout, opt out",
    "es": "alto, baja, dar de baja, darse de baja, parar, cancelar, detener, fin",
    "de": "stopp, abmelden, abbestellen, ende, beenden",
    "fr": "arret, arreter, arretez, desabonner, desinscrire, fin",
    "pt": "parar, pare, cancelar, sair, descadastrar, fim",
    "hi": "रोकें, रोको, रोकिए, बंद, बंद करें, बंद करो, स्टॉप, band karo, band kare, roko",
}
_START: Mapping[str, str] = {
    "en": "start, unstop",
    "es": "iniciar, comenzar, empezar, alta",
    "de": "anmelden, starten",
    "fr": "commencer, reprendre, demarrer",
    "pt": "iniciar, comecar, retomar",
    "hi": "शुरू, शुरू करें, स्टार्ट, shuru, shuru karo",
}
_YES: Mapping[str, str] = {
    "en": "yes",
    "es": "si",
    "de": "ja",
    "fr": "oui",
    "pt": "sim",
    "hi": "हाँ, हां, haan",
}
_HELP: Mapping[str, str] = {
    "en": "help, info",
    "es": "ayuda, informacion",
    "de": "hilfe",
    "fr": "aide, infos",
    "pt": "ajuda, socorro",
    "hi": "मदद, सहायता, हेल्प, madad",
}


def read_keyword(text: str, language: str, *, question_open: bool) -> Keyword | None:
    """The keyword that the whole message is, whatever its case and the marks around it.

    YES brings somebody back only where nobody has asked them anything (`question_open` is false).
    """
    said = _bare(text)
    if said in _words(_STOP, language):
        return Keyword.STOP
    if said in _words(_START, language) or (not question_open and said in _words(_YES, language)):
        return Keyword.START
    return Keyword.HELP if said in _words(_HELP, language) else None


def _words(table: Mapping[str, str], language: str) -> frozenset[str]:
    own = table.get(language.lower().partition("-")[0], "")
    return frozenset(folded(f"{table['en']}, {own}").split(", "))


def _bare(text: str) -> str:
    """Words in one spelling with single blanks; marks inside words but the hyphen stay."""
    letters = folded(unicodedata.normalize("NFC", text)).replace("-", " ")
    shown = "".join(c for c in letters if unicodedata.category(c) != "Cf")
    first = next((i for i, c in enumerate(shown) if _is_spoken(c)), len(shown))
    last = next((i for i in range(len(shown), first, -1) if _is_spoken(shown[i - 1])), first)
    return " ".join(shown[first:last].split())


def _is_spoken(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN" and letter not in "\ufe0f\u20e3"
