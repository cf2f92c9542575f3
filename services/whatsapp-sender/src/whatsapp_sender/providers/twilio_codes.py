"""Twilio's numbers for WhatsApp, in our classes and words. https://www.twilio.com/docs/api/errors"""

from collections.abc import Mapping

from channel.twilio.codes import ACCOUNT_CODES, FAILURES, TOO_FAST, Codes
from common.events.sends import FailureClass

# Of one message. What is not here is UNKNOWN.
OF_MESSAGE: Mapping[str, tuple[FailureClass, str]] = {
    "21655": (FailureClass.CONFIG, "the template does not exist"),
    "21656": (FailureClass.CONFIG, "a variable that cannot be filled in"),
    "63003": (FailureClass.NO_CHANNEL, "the number is not on WhatsApp"),
    "63005": (FailureClass.CONFIG, "WhatsApp does not take this content"),
    "63006": (FailureClass.CONFIG, "content that cannot be written for WhatsApp"),
    "63009": (FailureClass.TRANSIENT, "WhatsApp had an error"),
    "63010": (FailureClass.TRANSIENT, "Twilio had an error"),
    "63012": (FailureClass.TRANSIENT, "WhatsApp had an error"),
    "63013": (FailureClass.BLOCKED, "the message breaks a policy"),
    "63014": (FailureClass.BLOCKED, "the person does not take our messages"),
    "63015": (FailureClass.CONFIG, "the person has not joined the sandbox"),
    "63016": (FailureClass.TRANSIENT, "the person wrote more than 24 hours ago: a template only"),
    "63018": (FailureClass.THROTTLED, "too many messages from this number"),
    "63019": (FailureClass.CONFIG, "media could not be loaded"),
    "63021": (FailureClass.CONFIG, "content that is not valid"),
    "63024": (FailureClass.NO_CHANNEL, "the number gets no WhatsApp messages of businesses"),
    "63027": (FailureClass.CONFIG, "the template does not exist in the language"),
    "63028": (FailureClass.CONFIG, "the template has another number of variables"),
    "63029": (FailureClass.TRANSIENT, "the person's phone could not load the template"),
    "63030": (FailureClass.CONFIG, "a parameter that is not supported"),
    "63031": (FailureClass.CONFIG, "sender and recipient are the same number"),
    "63032": (FailureClass.BLOCKED, "WhatsApp lets nobody write to this person now"),
    "63033": (FailureClass.BLOCKED, "the person may not be sent this"),
    "63040": (FailureClass.CONFIG, "the template is rejected"),
    "63041": (FailureClass.CONFIG, "the template is paused for its quality"),
    "63042": (FailureClass.CONFIG, "the template is disabled for its quality"),
    "63049": (FailureClass.BLOCKED, "Meta holds it back for the person's sake"),
}
OF_SENDER: Mapping[str, str] = {
    "63002": "the number is not found at WhatsApp",
    "63007": "the number is not registered for WhatsApp",
    "63038": "the number has reached its daily limit",
}
OF_ACCOUNT: Mapping[str, str] = {
    "63001": "WhatsApp does not accept the account",
    "63008": "WhatsApp is not set up in the account",
    "63020": "Twilio has no access to the business account",
    "63051": "the business account is locked",
    "63112": "the business is disabled by Meta",
}
CODES = Codes(
    failures={**FAILURES, **{code: failure for code, (failure, _) in OF_MESSAGE.items()}},
    sender=frozenset({"21212", "21606", *OF_SENDER}),
    account=ACCOUNT_CODES | OF_ACCOUNT.keys(),
    too_fast=TOO_FAST | {"63018"},
    words={**{code: words for code, (_, words) in OF_MESSAGE.items()}, **OF_SENDER, **OF_ACCOUNT},
)
