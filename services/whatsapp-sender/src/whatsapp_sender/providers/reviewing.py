"""Templates at a provider, whichever: what there are, in which state, and a new one for review."""

from collections.abc import Sequence
from typing import Any, Protocol

from channel.providers import Access
from common import dialogue
from common.config.links import PREFIX
from whatsapp_sender.domain.standing import Standing
from whatsapp_sender.domain.templates import State, Wording

UNSUBMITTED = "unsubmitted"  # it is there, and nobody has asked for its review
EXAMPLES = {"agent": "Asha", "name": "Noor", "queue": "Billing"}


EXAMPLE_LINK = "https://surveys.example.com/l/whatsapp/Q7xZ2mN0aBcDeFgH"


def example(name: str) -> str:
    """What a variable may hold, for whoever reviews the words."""
    if name.startswith(PREFIX) or name == dialogue.OPT_OUT_LINK:
        return EXAMPLE_LINK
    return EXAMPLES.get(name, name)


class Unavailable(Exception):
    """The provider cannot be asked now, or does not let us; says why in words."""


class Refused(Exception):
    """The provider does not even review these words; says why in its own."""


class Reviews(Protocol):
    async def listed(self, access: Access[Any]) -> Sequence[State]:
        """All of the account. Raises `Unavailable`, `Refused`."""
        ...

    async def standing(self, access: Access[Any]) -> Sequence[Standing]:
        """Of the account's numbers; nothing where the provider does not tell.

        Raises `Unavailable`.
        """
        ...

    async def submit(
        self, access: Access[Any], wording: Wording, there: State | None
    ) -> State | None:
        """For review. `there`: what is listed of it. None: it is there, and will be listed.

        Raises `Unavailable`, `Refused`.
        """
        ...
