"""TwiML as the provider plays it: strict, for what it does not know it answers with its own voice.

https://www.twilio.com/docs/voice/twiml
"""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

SAY = frozenset({"voice", "language", "loop"})
GATHER = frozenset(
    {
        *("input", "numDigits", "timeout", "finishOnKey", "action", "method"),
        *("actionOnEmptyResult", "language", "speechTimeout", "hints", "bargeIn"),
    }
)
KNOWN: Mapping[str, frozenset[str]] = {
    "Say": SAY,
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": GATHER,
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
    "Dial": frozenset({"callerId", "timeout", "timeLimit", "action", "method", "answerOnBridge"}),
    "Number": frozenset(),
    "Reject": frozenset({"reason"}),
}
KEYPAD = frozenset("0123456789*#")
LONGEST = 64 * 1024


class NotPlayable(Exception):
    """A document that is none."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words, or the address of a recording. `by_provider`: its own, for it got nothing to play."""

    text: str
    recorded: bool = False
    by_provider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Keys that are waited for while `said` is heard, and after it.

    `timeout`: seconds of silence, also between two keys.
    """

    said: tuple[Said, ...]
    action: str
    digits: int | None
    finish: str
    silence_counts: bool
    timeout: int = 5
    speech: bool = False  # words are listened to as well

    @property
    def text(self) -> str:
        return " ".join(said.text for said in self.said)

    def is_complete(self, keys: str) -> bool:
        """No more are waited for."""
        told = self.pressed(keys)
        return bool(told) and (len(told) < len(keys) or len(told) == self.digits)

    def pressed(self, keys: str) -> str:
        """Of the keys pressed, those that are told: up to as many, or to the key that ends them."""
        told = ""
        for key in keys:
            if key == self.finish and told:
                break
            told += key
            if self.digits is not None and len(told) >= self.digits:
                break
        return told


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Somebody else is rung, as if from `caller`; how it was is told to `action`."""

    number: str
    caller: str
    action: str


Verb = Dial | Said | Gather | Redirect | Hangup | Pause


def parse(body: bytes, media_type: str) -> list[Verb]:
    """Raises `NotPlayable`."""
    if media_type not in ("text/xml", "application/xml"):
        raise NotPlayable(f"not TwiML but {media_type or 'nothing'}")
    if len(body) > LONGEST:
        raise NotPlayable("too long")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - of our own platform
    except ElementTree.ParseError as error:
        raise NotPlayable(str(error)) from None
    if root.tag != "Response":
        raise NotPlayable(f"not a Response but {root.tag}")
    return [verb for element in root for verb in _verbs(element)]


def _verbs(element: ElementTree.Element) -> list[Verb]:
    _check(element)
    match element.tag:
        case "Say" | "Play":
            return [_said(element)]
        case "Gather":
            return [_gather(element)]
        case "Dial":
            return [_dial(element)]
        case "Redirect":
            return [Redirect((element.text or "").strip())]
        case "Hangup" | "Reject":
            return [Hangup()]
    length = element.attrib.get("length", "1")
    if not length.isdecimal():
        raise NotPlayable(f"length is {length}")
    return [Pause(int(length))]


def _dial(element: ElementTree.Element) -> Dial:
    inner = list(element)
    if len(inner) != 1 or inner[0].tag != "Number" or not (inner[0].text or "").strip():
        raise NotPlayable("Dial rings one Number here")
    given = element.attrib
    if not given.get("action"):
        raise NotPlayable("Dial without an action goes on with the next verb")
    return Dial((inner[0].text or "").strip(), given.get("callerId", ""), given["action"])


def _check(element: ElementTree.Element) -> None:
    known = KNOWN.get(element.tag)
    if known is None:
        raise NotPlayable(f"no verb {element.tag}")
    if strange := element.attrib.keys() - known:
        raise NotPlayable(f"{element.tag} has no {', '.join(sorted(strange))}")


def _said(element: ElementTree.Element) -> Said:
    text = (element.text or "").strip()
    if not text:
        raise NotPlayable(f"an empty {element.tag}")
    return Said(text, recorded=element.tag == "Play")


def _gather(element: ElementTree.Element) -> Gather:
    for inner in element:
        if inner.tag not in ("Say", "Play", "Pause"):
            raise NotPlayable(f"{inner.tag} inside Gather")
        _check(inner)
    given, digits = element.attrib, element.attrib.get("numDigits")
    if digits is not None and not (digits.isdecimal() and int(digits) > 0):
        raise NotPlayable(f"numDigits is {digits}")
    timeout = given.get("timeout", "5")
    if not (timeout.isdecimal() and int(timeout) > 0):
        raise NotPlayable(f"timeout is {timeout}")
    if strange := set(given.get("input", "dtmf").split()) - {"dtmf", "speech"}:
        raise NotPlayable(f"input is {', '.join(sorted(strange))}")
    finish = given.get("finishOnKey", "#")
    if finish and finish not in KEYPAD:
        raise NotPlayable(f"finishOnKey is {finish}")
    return Gather(
        said=tuple(_said(inner) for inner in element if inner.tag != "Pause"),
        action=given.get("action", ""),
        digits=int(digits) if digits else None,
        finish=finish,
        silence_counts=given.get("actionOnEmptyResult") == "true",
        timeout=int(timeout),
        speech="speech" in given.get("input", "dtmf").split(),
    )
