"""What is the same for every provider over Twilio, whatever it makes there."""

from collections.abc import Hashable, Mapping
from typing import ClassVar, Generic, TypeVar

from channel.providers import Access, CallbackRequest, Credentials
from channel.twilio.requests import try_credentials
from channel.twilio.signatures import is_signed
from common.config import TwilioAccount

A = TypeVar("A", bound=TwilioAccount)


class OverTwilio(Generic[A]):
    """`makes`: `Messages` or `Calls`. Stateless: accounts and clients are given."""

    makes: ClassVar[str]

    async def credentials(self, access: Access[A]) -> Credentials:
        return await try_credentials(access, self.makes)

    def verify(self, request: CallbackRequest, account: A, secrets: Mapping[str, str]) -> bool:
        return is_signed(request, account_sid=account.account_sid, secrets=secrets)

    def signed_by(self, account: A, secrets: Mapping[str, str]) -> Hashable:
        return account.account_sid, secrets["auth_token"]
