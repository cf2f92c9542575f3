"""A prompt as Plivo's XML. https://www.plivo.com/docs/voice/xml/overview"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from channel.content import Prompt, Utterance

ONE_KEY = 6  # seconds of silence
# Seconds: also how long one digit waits to become two, for whoever does not end it by `#`.
TWO_KEYS = 5  # the least that Plivo takes
NEXT_KEY = 4
# What Plivo speaks of languages without a country. One that it does not know costs it the whole
# document, so what is not here is left to the voice.
LOCALES: Mapping[str, str] = {
    "da": "da-DK",
    "de": "de-DE",
    "en": "en-US",
    "es": "es-ES",
    "fr": "fr-FR",
    "it": "it-IT",
    "nl": "nl-NL",
    "pl": "pl-PL",
    "pt": "pt-BR",
    "ru": "ru-RU",
    "sv": "sv-SE",
}


def document(prompt: Prompt, *, action: str) -> bytes:
    """`action`: where the keys pressed are told, and silence. Without keys it ends there."""
    response = Element("Response")
    if not prompt.keys:
        _utter(response, prompt)
        SubElement(response, "Hangup")
        return tostring(response)
    digits = max(len(key) for key in prompt.keys)
    wait = SubElement(
        response,
        "GetInput",
        {
            "action": action,
            "method": "POST",
            "inputType": "dtmf",
            "executionTimeout": str(ONE_KEY if digits == 1 else TWO_KEYS),
            "digitEndTimeout": str(NEXT_KEY),
            "numDigits": str(digits),
            "finishOnKey": "#" if digits > 1 else "none",
        },
    )
    _utter(wait, prompt)
    _redirect(response, action)  # reached by whoever pressed nothing
    return tostring(response)


def again(url: str, *, seconds: int) -> bytes:
    """Asks there once more after a pause."""
    response = Element("Response")
    SubElement(response, "Wait", {"length": str(seconds)})
    _redirect(response, url)
    return tostring(response)


def hang_up() -> bytes:
    response = Element("Response")
    SubElement(response, "Hangup")
    return tostring(response)


def _redirect(parent: Element, url: str) -> None:
    SubElement(parent, "Redirect", {"method": "POST"}).text = url


def _utter(parent: Element, prompt: Prompt) -> None:
    spoken = {"voice": prompt.voice} if prompt.voice else {}
    locale = prompt.language if "-" in prompt.language else LOCALES.get(prompt.language)
    spoken |= {"language": locale} if locale else {}
    for part in prompt.parts or (Utterance(text=prompt.text, audio=prompt.audio),):
        if part.audio is not None:
            SubElement(parent, "Play").text = part.audio
        else:
            SubElement(parent, "Speak", spoken).text = part.text
