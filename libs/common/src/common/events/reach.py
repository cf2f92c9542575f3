"""Which failures say that a number is dead: asking it again later would only fail again."""

from common.events.sends import FailureClass
from common.events.values import Channel

_BY_NUMBER = frozenset({Channel.SMS, Channel.IVR, Channel.WHATSAPP})


def dead_channels(failure: FailureClass | None, channel: Channel) -> frozenset[Channel]:
    """The channels on which this final failure means "never again by itself"; mostly none.

    An invalid number is dead wherever a number is used, a line without the channel (a landline
    for texts, a number without WhatsApp) on that one alone. An opt-out is consent and is kept
    there; all that time, money or our own account can mend (transient, throttled, blocked,
    expired, config) kills nothing, and neither does what we do not understand.
    """
    match failure:
        case FailureClass.NO_CHANNEL:
            return frozenset({channel})
        case FailureClass.INVALID_NUMBER:
            return _BY_NUMBER if channel in _BY_NUMBER else frozenset({channel})
        case _:
            return frozenset()
