"""Texts as a carrier sees them: segments, opt-out keywords, its own answers."""

from enum import StrEnum

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


class OptOut(StrEnum):
    """The keyword groups of default opt-out handling, named as webhooks name them."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


KEYWORDS: dict[str, OptOut] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), OptOut.STOP
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), OptOut.START),
    **dict.fromkeys(("HELP", "INFO"), OptOut.HELP),
}
ANSWERS: dict[OptOut, str] = {
    OptOut.STOP: "You have been unsubscribed and will get no more messages from this number. "
    "Reply START to subscribe again.",
    OptOut.START: "You are subscribed to messages from this number again. Reply STOP to end them.",
    OptOut.HELP: "Reply STOP to unsubscribe. Msg&Data rates may apply.",
}


def keyword(body: str) -> OptOut | None:
    """Only the whole message counts, whatever its case."""
    return KEYWORDS.get(body.strip().upper())


def segments(body: str) -> int:
    """How many messages this is on the air: 160 / 153 septets, or 70 / 67 UTF-16 units."""
    if all(character in _GSM7 or character in _EXTENDED for character in body):
        units = [2 if character in _EXTENDED else 1 for character in body]
        alone, joined = 160, 153
    else:
        units = [2 if ord(character) > 0xFFFF else 1 for character in body]
        alone, joined = 70, 67
    if sum(units) <= alone:
        return 1
    count, room = 1, joined
    for unit in units:  # packed, because no pair is split over two segments
        if unit > room:
            count, room = count + 1, joined
        room -= unit
    return count
