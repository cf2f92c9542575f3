"""The table of replies: what a person writes after the ask, and what must come of it."""

from dataclasses import dataclass

CSAT = "How satisfied were you with your call? Reply 1 to 5."
QUESTIONS = {  # by language; nobody wrote tables of words for the last
    "en": CSAT,
    "es": "¿Qué tan satisfecho quedó con su llamada? Responda de 1 a 5.",
    "de": "Wie zufrieden waren Sie mit Ihrem Anruf? Antworten Sie mit 1 bis 5.",
    "fr": "Êtes-vous satisfait de votre appel ? Répondez de 1 à 5.",
    "pt": "Qual é a sua satisfação com a chamada? Responda de 1 a 5.",
    "it": "È soddisfatto della chiamata? Risponda da 1 a 5.",
    "ar": "ما مدى رضاك عن مكالمتك؟ أجب من 1 إلى 5.",
    "hi": "आप अपनी कॉल से कितने संतुष्ट थे? 1 से 5 में उत्तर दें।",
    "zh": "您对这次通话满意吗?请回复 1 到 5。",
    "sw": "Uliridhika na simu yako? Jibu 1 hadi 5.",
}
DECLINED, DOUBTED = "withdrawn", "doubted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`texts` one after the other, `""` is a picture message without words.

    `score` and `comment` of the response; neither: there is none. `consent` on SMS afterwards.
    `back`: how many texts we write after the ask. `why`: as what messages are shown that became
    no answer.
    """

    id: str
    texts: tuple[str, ...]
    language: str = "en"
    nps: bool = False
    score: int | None = None
    comment: str | None = None
    consent: str = ""
    back: int = 1
    why: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        return self.score is not None or self.comment is not None


def _no(id: str, *texts: str, language: str = "en", score: int | None = None) -> Said:
    """An opt-out for sure: at once, with one confirmation."""
    return Said(id=id, texts=texts, language=language, score=score, consent=DECLINED)


def _perhaps(id: str, *texts: str, language: str = "en") -> Said:
    """It may be one: not a word more, and a person looks at it."""
    return Said(
        id=id,
        texts=texts,
        language=language,
        consent=DOUBTED,
        back=0,
        why=("may_be_opt_out",),
    )


def _words(id: str, text: str, *, language: str = "en", nps: bool = False) -> Said:
    """No score, whatever numbers are in it: asked again, and kept with the call."""
    return Said(id=id, texts=(text,), language=language, nps=nps, comment=text)


def _machine(id: str, text: str, *, language: str = "en") -> Said:
    return Said(id=id, texts=(text,), language=language, back=0, why=("machine",))


# Section A: nothing, counts, corrections, words, machines.
NOTHING = (
    Said(id="five-stars", texts=("⭐⭐⭐⭐⭐",), score=5),
    Said(id="five-stars-no-tables", texts=("⭐⭐⭐⭐⭐",), language="sw", score=5),
    Said(id="thumb", texts=("👍",), why=("unreadable",)),
    Said(id="thumb-no-tables", texts=("👍",), language="sw", why=("unreadable",)),
    Said(id="question-mark", texts=("?",), why=("unreadable",)),
    Said(id="question-mark-no-tables", texts=("?",), language="sw", why=("unreadable",)),
    Said(id="empty-picture", texts=("",), why=("unreadable",)),
    Said(id="dots-ar", texts=("...",), language="ar", why=("unreadable",)),
)
COUNTS = (
    _words("five-emails", "5 emails and no reply"),
    _words("a-million-thanks", "1 million thanks"),
    _words("no-hassle", "0 hassle, all good", nps=True),
    _words("two-words", "2 words: thank you"),
    _words("four-sure", "4 sure"),
    _words("call-me-at-five", "call me back at 5"),
    _words("is-five-good", "is 5 good or bad?"),
    _words("five-times-de", "5 mal angerufen und niemand da", language="de"),
    _words("three-hours-es", "3 horas esperando", language="es"),
    _words("two-days-fr", "2 jours sans réponse", language="fr"),
    Said(id="sam", texts=("5 Sam is the best",), score=5, comment="Sam is the best"),
    Said(id="very-good", texts=("5 very good service",), score=5, comment="very good service"),
    Said(id="the-lady", texts=("5 the lady was great",), score=5, comment="the lady was great"),
    Said(id="he-was-ok", texts=("4 he was ok",), score=4, comment="he was ok"),
    Said(id="nobody", texts=("2 nobody called back",), score=2, comment="nobody called back"),
)
CORRECTIONS = (
    Said(id="three-cheers", texts=("5", "3 cheers"), score=5, comment="3 cheers"),
    Said(id="four-you", texts=("5", "4 you"), score=5, comment="4 you"),
    Said(id="one-ok", texts=("5", "1 ok?"), score=5, comment="1 ok?"),
    Said(id="two-thanks", texts=("5", "2 thanks!"), score=5, comment="2 thanks!"),
    Said(id="a-number-alone", texts=("5", "3"), score=3, back=2),
)
WORDS = (
    _words("rude", "the lady was rude"),
    _words("rude-es", "la señora fue muy grosera", language="es"),
    Said(id="words-then-four", texts=("it took too long", "4"), score=4, back=2,
         comment="it took too long"),
)  # fmt: skip
MACHINES = (
    _machine("liked", f"Liked “{CSAT} Reply STOP to opt out.”"),
    _machine("liked-es", f"Le gustó “{QUESTIONS['es']}”", language="es"),
    _machine("driving", "I'm driving right now and will reply later. (This is an automatic reply)"),
    _machine("out-of-office", "Out of office: I am away until Monday and will reply then."),
    _machine("carrier", "This number is not in service. Message not delivered. (auto-reply)"),
    Said(id="nul", texts=("\x004\x00",), score=4),
    Said(id="signature", texts=("4\n\nSent from my iPhone",), score=4),
    Said(id="quoted", texts=(f"4\n\n> {CSAT}",), score=4),
    Said(id="cinco-estrellas", texts=("Cinco estrellas ⭐",), language="es", score=5),
)
# Section B: opt-outs for sure, perhaps, and none.
SURE = (
    _no("stop", "STOP"),
    _no("stop-please", "Stop please."),
    _no("stop-stop", "STOP STOP STOP!!!"),
    _no("stop-signed", "stop\n\nThanks,\nBob"),
    _no("four-stop", "4. STOP", score=4),
    _no("stop-texting", "stop texting me"),
    _no("never-again", "do not text me again"),
    _no("unsubscribe", "unsubscribe me please"),
    _no("no-more", "no more messages"),
    _no("five-no-more", "5 but no more messages", score=5),
    _no("no-more-es", "no me manden más mensajes", language="es"),
    _no("no-more-de", "bitte keine Nachrichten mehr", language="de"),
    _no("no-more-fr", "arrêtez de m'envoyer des messages", language="fr"),
    _no("no-more-pt", "não me mande mais mensagens", language="pt"),
    _no("no-more-it", "non mandatemi più messaggi", language="it"),
    _no("no-more-ar", "توقفوا عن إرسال الرسائل", language="ar"),
    _no("no-more-hi", "मुझे और मैसेज मत भेजो", language="hi"),
    _no("no-more-zh", "不要再给我发短信了", language="zh"),
)
UNSURE = (
    _perhaps("not-interested", "not interested"),
    _perhaps("leave-me-alone", "leave me alone"),
    _perhaps("another-text", "another text?"),
    _perhaps("no", "no"),
    _perhaps("no-interest-es", "no me interesa", language="es"),
    _perhaps("no-interest-de", "kein Interesse", language="de"),
)
NONE = (
    _words("my-order", "Cancel my order"),
    _words("dont-stop", "Don't stop, you are great"),
    Said(id="bus-stop", texts=("the bus stop was too loud, 4",), score=4,
         comment="the bus stop was too loud"),
    _machine("loved-footer", f"Loved “Northwind: {CSAT} Reply STOP to opt out.”"),
)  # fmt: skip
TABLE = (*NOTHING, *COUNTS, *CORRECTIONS, *WORDS, *MACHINES, *SURE, *UNSURE, *NONE)
STRANGERS = ("⭐⭐⭐⭐⭐", "👍", "?", "", "Cancel my order")  # of people who were not asked
