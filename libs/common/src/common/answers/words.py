"""The words of ratings, per language. What a table does not know, the reader does not read.

Words are separated by blanks; case and Latin accents do not matter. Each language is read with
English beside it, and wins where both know a word. A new language is one more entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from common.answers.letters import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`numbers`: spellings of 0, 1, 2 ... 10, alternatives joined by `|`.

    `frame`: what may stand around the number and says nothing ("I'd give it a"); `praise`: what
    may stand before it and is the comment; `then`: what may begin a comment after a frame;
    `units`: what makes a number a quantity ("5 minutes"); `links`: what makes two numbers a
    choice; `scale`: between value and top ("out of"); `scale_first`: between top and value.
    """

    numbers: str
    frame: str
    praise: str
    then: str
    units: str
    links: str
    stars: str
    scale: tuple[str, ...]
    scale_first: tuple[str, ...] = ()


ENGLISH = Words(
    numbers="zero one two three four five six seven eight nine ten",
    frame="i i'd id i'll ill would will shall to give gave giving you it a an it's its is was be my"
    " our rating rate score vote answer say that's thats definitely solid strong easily sorry"
    " meant mean actually make change correction should oops just only please ok okay yes hi hello"
    " hey well thanks thank cheers regards",
    praise="great good excellent amazing awesome perfect fantastic brilliant super superb wonderful"
    " outstanding lovely nice fine average poor bad terrible awful horrible slow quick fast"
    " service support help helpful experience agent friendly happy satisfied very really so and",
    then="because cause cos but since as for overall though although however and so",
    units="minute minutes min mins second seconds sec secs hour hours hr hrs day days week weeks"
    " month months year years time times call calls people persons person agents reps operators"
    " representatives transfers attempts tries thumbs complaint complaints problems issues"
    " questions things reasons dollar dollars bucks pounds euros rupees rs percent pm am p p.m"
    " p.m. a.m a.m. o'clock oclock different more other others of ish minus plus half january"
    " february march april may june july august september october november december jan feb mar"
    " apr jun jul aug sep sept oct nov dec",
    links="or to till until through versus vs",
    stars="star stars",
    scale=("out of", "of", "over"),
)

# "4 and a half", "4 y medio": no whole number.
HALVES = frozenset(["half", "halb", "halbe", "demi", "demie", "media", "medio", "meia", "meio"])
BEFORE_HALVES = frozenset(["and", "a", "an", "y", "e", "et", "und", "ein"])

LANGUAGES: Mapping[str, Words] = {
    "en": ENGLISH,
    "es": Words(
        numbers="cero uno dos tres cuatro cinco seis siete ocho nueve diez",
        frame="yo le les os te doy daria di dare pongo pondria un una el la mi nota puntuacion"
        " calificacion valoracion es seria fue digo diria sin duda perdon quise quiero decir hola"
        " gracias por favor si bueno",
        praise="muy buen bueno buena excelente perfecto perfecta genial malo mala mal pesimo pesima"
        " terrible regular servicio atencion ayuda amable rapido lento todo y",
        then="porque pero pues ya aunque y",
        units="minuto minutos segundo segundos hora horas dia dias semana semanas mes meses ano"
        " anos vez veces llamada llamadas persona personas agentes operadores intentos problemas"
        " quejas preguntas cosas razones euros pesos dolares mas otros otras diferentes de menos"
        " enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        links="o u a hasta",
        stars="estrella estrellas",
        scale=("de", "sobre"),
    ),
    "de": Words(
        numbers="null eins zwei drei vier funf|fuenf sechs sieben acht neun zehn",
        frame="ich gebe gab wurde wuerde geben vergeben euch ihnen dir eine ein einen die das ist"
        " war ware waere es meine note bewertung sage sagen ganz klar klare glatte sorry meinte"
        " entschuldigung hallo danke bitte ja gut",
        praise="sehr gut guter gute super toll prima perfekt klasse schlecht schlechter mies"
        " durchschnittlich service beratung hilfe freundlich nett schnell langsam alles und",
        then="weil da aber denn obwohl und",
        units="minute minuten sekunde sekunden stunde stunden tag tage tagen woche wochen monat"
        " monate monaten jahr jahre jahren mal anruf anrufe anrufen personen leute mitarbeiter"
        " agenten versuche probleme fragen beschwerden dinge grunde euro prozent uhr von mehr"
        " andere verschiedene januar februar marz april mai juni juli august september oktober"
        " november dezember",
        links="oder bis",
        stars="stern sterne sternen",
        scale=("von", "aus"),
    ),
    "fr": Words(
        numbers="zero un deux trois quatre cinq six sept huit neuf dix",
        frame="je donne donnerais mets mettrais lui vous un une la ma note est c'est cest serait"
        " dirais dis pardon voulais dire bonjour merci oui s'il plait svp",
        praise="tres bon bonne bien excellent excellente parfait parfaite super genial mauvais"
        " mauvaise nul moyen service accueil aide aimable rapide lent tout et",
        then="car parce mais puisque meme et",
        units="minute minutes seconde secondes heure heures h jour jours semaine semaines mois an"
        " ans annee annees fois appel appels personne personnes agents tentatives problemes"
        " plaintes questions choses raisons euro euros pourcent plus autres differents de moins"
        " janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        links="ou a jusque",
        stars="etoile etoiles",
        scale=("sur", "de"),
    ),
    "pt": Words(
        numbers="zero um dois|duas tres quatro cinco seis sete oito nove dez",
        frame="eu dou daria dei lhe um uma o a minha nota avaliacao e seria foi diria digo com"
        " certeza desculpe quis dizer oi ola obrigado obrigada por favor sim",
        praise="muito bom boa excelente perfeito perfeita otimo otima ruim pessimo pessima"
        " terrivel regular servico atendimento ajuda rapido lento tudo",
        then="porque mas pois embora",
        units="minuto minutos segundo segundos hora horas dia dias semana semanas mes meses ano"
        " anos vez vezes ligacao ligacoes chamada chamadas pessoa pessoas agentes atendentes"
        " tentativas problemas reclamacoes perguntas coisas razoes euros reais mais outros outras"
        " diferentes de menos janeiro fevereiro marco abril maio junho julho agosto setembro"
        " outubro novembro dezembro",
        links="ou a ate",
        stars="estrela estrelas",
        scale=("de", "em"),
    ),
    "hi": Words(
        numbers="शून्य|shunya एक|ek दो|do तीन|teen चार|char|chaar पांच|पाँच|panch|paanch"
        " छह|छः|छे|chhah|chhe सात|saat आठ|aath नौ|nau दस|das",
        frame="मैं मै मेरी मेरा मेरे रेटिंग अंक स्कोर है हैं दूंगा दूँगा दूंगी दूँगी देता देती दिया हूँ हूं इसे जी हाँ"
        " हां नमस्ते धन्यवाद main meri mera rating hai dunga dungi deta deti hun ji haan namaste"
        " dhanyavaad shukriya",
        praise="बहुत अच्छा अच्छी बढ़िया शानदार उत्तम खराब बुरा बुरी ठीक सेवा और bahut accha acchi"
        " badhiya kharab bura theek seva",
        then="क्योंकि लेकिन पर मगर और kyonki lekin par magar",
        units="मिनट सेकंड घंटा घंटे दिन हफ्ते हफ़्ते महीने साल बार कॉल लोग लोगों रुपये समस्या समस्याएं सवाल"
        " बजे और minat ghanta ghante din hafte mahine saal baar log rupaye baje",
        links="या से ya se",
        stars="स्टार सितारे सितारा तारे",
        scale=("बटा",),
        scale_first=("में से", "मे से", "mein se", "me se"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The tables of a language, with English beside it, as the reader looks things up."""

    numbers: Mapping[str, int]
    frame: frozenset[str]
    praise: frozenset[str]
    then: frozenset[str]
    units: frozenset[str]
    links: frozenset[str]
    stars: frozenset[str]
    scale: tuple[tuple[str, ...], ...]
    scale_first: tuple[tuple[str, ...], ...]


@lru_cache
def lexicon(language: str) -> Lexicon:
    """`language` is a tag such as `es` or `es-MX`; an unknown one is read as English."""
    words = LANGUAGES.get(language.lower().partition("-")[0], ENGLISH)
    return Lexicon(
        numbers=_numbers(ENGLISH) | _numbers(words),
        frame=_either(ENGLISH.frame, words.frame),
        praise=_either(ENGLISH.praise, words.praise),
        then=_either(ENGLISH.then, words.then),
        units=_either(ENGLISH.units, words.units),
        links=_either(ENGLISH.links, words.links),
        stars=_either(ENGLISH.stars, words.stars),
        scale=_phrases(*ENGLISH.scale, *words.scale),
        scale_first=_phrases(*words.scale_first),
    )


def _numbers(words: Words) -> dict[str, int]:
    return {
        spelling: value
        for value, spellings in enumerate(folded(words.numbers).split())
        for spelling in spellings.split("|")
    }


def _either(english: str, other: str) -> frozenset[str]:
    return frozenset(folded(english).split()) | frozenset(folded(other).split())


def _phrases(*phrases: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(folded(phrase).split()) for phrase in phrases)
