"""Twilio's signed form posts. https://www.twilio.com/docs/usage/webhooks/webhooks-security"""

from collections.abc import Mapping

from twilio.request_validator import RequestValidator

from channel.forms import pairs
from channel.providers import CallbackRequest


class _Form(dict[str, list[str]]):
    """What the SDK's validator asks of a form whose names may come twice."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def is_signed(request: CallbackRequest, *, account_sid: str, secrets: Mapping[str, str]) -> bool:
    """By this account's token, over the public URL and the whole form."""
    if account_sid.encode() not in request.body:
        return False  # a stranger's request costs no more than this
    given = pairs(request.body)
    if given is None or ("AccountSid", account_sid) not in given:
        return False
    form = _Form()
    for name, value in given:
        form.setdefault(name, []).append(value)
    signature = request.headers.get("x-twilio-signature", "")
    validator = RequestValidator(secrets["auth_token"])
    valid: bool = validator.validate(request.url, form, signature)
    return valid
