"""Plivo's XML as the provider plays it: what it does not know costs the whole document.

https://www.plivo.com/docs/voice/xml/overview
"""

from collections.abc import Mapping
from xml.etree import ElementTree

from sandbox.voice.documents import (
    KEYPAD,
    LONGEST,
    Dial,
    Gather,
    Hangup,
    NotPlayable,
    Pause,
    Redirect,
    Said,
    Verb,
)

KNOWN: Mapping[str, frozenset[str]] = {
    "Speak": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"loop"}),
    "Wait": frozenset({"length", "silence", "minSilence", "beep"}),
    "GetInput": frozenset(
        {
            *("action", "method", "inputType", "executionTimeout", "digitEndTimeout"),
            *("speechEndTimeout", "finishOnKey", "numDigits", "speechModel", "hints", "language"),
            *("log", "redirect", "profanityFilter"),
        }
    ),
    "Redirect": frozenset({"method"}),
    "Dial": frozenset({"callerId", "timeout", "timeLimit", "action", "method", "redirect"}),
    "Hangup": frozenset({"schedule", "reason"}),
}
# Of the voices WOMAN and MAN; those of Amazon Polly have more.
LANGUAGES = frozenset(
    {
        *("da-DK", "nl-NL", "en-AU", "en-GB", "en-US", "fr-FR", "fr-CA", "de-DE", "it-IT"),
        *("pl-PL", "pt-PT", "pt-BR", "ru-RU", "es-ES", "es-US", "sv-SE"),
    }
)


def parse(body: bytes, media_type: str) -> list[Verb]:
    """Raises `NotPlayable`."""
    if media_type not in ("text/xml", "application/xml"):
        raise NotPlayable(f"not XML but {media_type or 'nothing'}")
    if len(body) > LONGEST:
        raise NotPlayable("too long")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - of our own platform
    except ElementTree.ParseError as error:
        raise NotPlayable(str(error)) from None
    if root.tag != "Response" or not len(root):
        raise NotPlayable(f"no Response with something in it but {root.tag}")
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    _check(element)
    match element.tag:
        case "Speak" | "Play":
            return _said(element)
        case "GetInput":
            return _input(element)
        case "Redirect":
            return Redirect(_url(element.text))
        case "Dial":
            return _dial(element)
        case "Wait":
            return Pause(_within(element, "length", 1, 1, 600))
    return Hangup()


def _dial(element: ElementTree.Element) -> Dial:
    inner = list(element)
    number = (inner[0].text or "").strip() if len(inner) == 1 and inner[0].tag == "Number" else ""
    if not number.isdecimal():
        raise NotPlayable("Dial rings one Number here, without a plus")
    caller = element.attrib.get("callerId", "")
    return Dial(f"+{number}", f"+{caller}" if caller else "", _url(element.attrib.get("action")))


def _check(element: ElementTree.Element) -> None:
    known = KNOWN.get(element.tag)
    if known is None:
        raise NotPlayable(f"no element {element.tag}")
    if strange := element.attrib.keys() - known:
        raise NotPlayable(f"{element.tag} has no {', '.join(sorted(strange))}")


def _said(element: ElementTree.Element) -> Said:
    text, language = (element.text or "").strip(), element.attrib.get("language", "en-US")
    if not text:
        raise NotPlayable(f"an empty {element.tag}")
    polly = element.attrib.get("voice", "WOMAN").startswith("Polly.")
    if not polly and language not in LANGUAGES:
        raise NotPlayable(f"no language {language}")
    return Said(text, recorded=element.tag == "Play")


def _input(element: ElementTree.Element) -> Gather:
    for inner in element:
        if inner.tag not in ("Speak", "Play", "Wait"):
            raise NotPlayable(f"{inner.tag} inside GetInput")
        _check(inner)
    given = element.attrib
    kinds = given.get("inputType", "").split()
    if kinds not in (["dtmf"], ["speech"], ["dtmf", "speech"]):
        raise NotPlayable(f"inputType is {given.get('inputType')}")
    if "speech" in kinds and "language" not in given:
        raise NotPlayable("speech without a language is taken for American English")
    finish = given.get("finishOnKey", "#")
    if finish not in ("", "none") and (len(finish) != 1 or finish not in KEYPAD):
        raise NotPlayable(f"finishOnKey is {finish}")
    _within(element, "digitEndTimeout", 2, 2, 10)
    return Gather(
        said=tuple(_said(inner) for inner in element if inner.tag != "Wait"),
        action=_url(given.get("action")),
        digits=_within(element, "numDigits", 32, 1, 32),
        finish=finish if finish in KEYPAD else "",
        silence_counts=False,  # the elements after it are for silence
        timeout=_within(element, "executionTimeout", 15, 5, 60),
        speech="speech" in kinds,
    )


def _within(element: ElementTree.Element, name: str, default: int, low: int, high: int) -> int:
    text = element.attrib.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise NotPlayable(f"{name} is {text}")
    return int(text)


def _url(text: str | None) -> str:
    """Fully qualified, as Plivo wants them."""
    url = (text or "").strip()
    if not url.startswith(("http://", "https://")):
        raise NotPlayable(f"no URL: {url}")
    return url
