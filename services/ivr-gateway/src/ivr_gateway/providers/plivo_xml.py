"""A prompt as Plivo's XML. https://www.plivo.com/docs/voice/xml/overview"""

from xml.etree.ElementTree import Element, SubElement, tostring

from channel.content import Prompt, Transfer, Utterance
from ivr_gateway.domain.locales import locale_of, spoken_locale

ONE_KEY = 6  # seconds of silence
# Seconds: also how long one digit waits to become two, for whoever does not end it by `#`.
TWO_KEYS = 5  # the least that Plivo takes
NEXT_KEY = 4


def document(prompt: Prompt, *, action: str) -> bytes:
    """`action`: where the keys pressed are told, and silence. Without keys it ends there."""
    response = Element("Response")
    spoken = spoken_locale(prompt)
    if prompt.transfer is not None:
        _utter(response, prompt)
        _ring(response, prompt.transfer, action)
        return tostring(response)
    if not prompt.keys and not spoken:
        _utter(response, prompt)
        SubElement(response, "Hangup")
        return tostring(response)
    digits = max((len(key) for key in prompt.keys), default=1)
    heard = {"inputType": "dtmf"}
    if spoken:
        heard = {"inputType": "dtmf speech", "language": spoken, "speechEndTimeout": "auto"}
        heard |= {"hints": ",".join(prompt.hints)} if prompt.hints else {}
    wait = SubElement(
        response,
        "GetInput",
        {
            "action": action,
            "method": "POST",
            **heard,
            "executionTimeout": str(ONE_KEY if digits == 1 else TWO_KEYS),
            "digitEndTimeout": str(NEXT_KEY),
            "numDigits": str(digits),
            "finishOnKey": "#" if digits > 1 else "none",
        },
    )
    _utter(wait, prompt)
    _redirect(response, action)  # reached by whoever pressed nothing
    return tostring(response)


def _ring(response: Element, transfer: Transfer, action: str) -> None:
    dial = SubElement(
        response,
        "Dial",
        {
            "action": action,
            "method": "POST",
            "redirect": "true",
            "callerId": transfer.caller.lstrip("+"),
            "timeout": str(transfer.ring),
            "timeLimit": str(transfer.longest),
        },
    )
    SubElement(dial, "Number").text = transfer.number.lstrip("+")


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
    for part in prompt.parts or (Utterance(text=prompt.text, audio=prompt.audio),):
        if part.audio is not None:
            SubElement(parent, "Play").text = part.audio
        else:
            SubElement(parent, "Speak", _spoken(part, prompt)).text = part.text


def _spoken(part: Utterance, prompt: Prompt) -> dict[str, str]:
    voice = part.voice if part.language else prompt.voice
    locale = locale_of(part.language or prompt.language)
    return ({"voice": voice} if voice else {}) | ({"language": locale} if locale else {})
