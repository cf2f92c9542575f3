"""From which of a workspace's numbers a contact is written to."""

from hashlib import blake2b
from uuid import UUID

from common.config import Account, Config, SenderNumber, WorkspaceConfig
from common.events.sends import Step
from common.events.values import Channel
from common.phone import country_of


def number_for_step(
    config: Config, workspace: str, step: Step
) -> tuple[Account, SenderNumber] | None:
    """None: no number of this workspace may be used for this contact. A step keeps its number."""
    known = config.workspaces.get(workspace)
    if known is None:
        return None
    country = step.country or country_of(step.address)
    return number_for(known, step.channel, step.contact_id, country=country, called=step.our_number)


def number_for(
    workspace: WorkspaceConfig,
    channel: Channel,
    contact_id: UUID,
    *,
    country: str | None,
    called: str | None,
) -> tuple[Account, SenderNumber] | None:
    """A number that replies reach, for this country, never the one that was called.

    The same contact gets the same number as long as the pool holds it; when the pool changes, only
    contacts of numbers that left move.
    """
    pool = [
        (account, sender)
        for account in workspace.accounts.values()
        if account.channel is channel
        for sender in account.senders
        if sender.two_way and sender.number != called
    ]
    own = [found for found in pool if country in found[1].countries]
    anywhere = [found for found in pool if not found[1].countries]
    return max(own or anywhere, key=lambda found: _weight(contact_id, found[1]), default=None)


def _weight(contact_id: UUID, sender: SenderNumber) -> bytes:
    return blake2b(contact_id.bytes + sender.number.encode(), digest_size=8).digest()
