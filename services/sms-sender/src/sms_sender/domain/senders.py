"""From which of a workspace's numbers a contact is written to."""

from hashlib import blake2b
from uuid import UUID

from common.config import Account, Sender, WorkspaceConfig
from common.events.values import Channel


def sender_for(
    workspace: WorkspaceConfig, contact_id: UUID, *, country: str | None, called: str | None
) -> tuple[Account, Sender] | None:
    """A number that replies reach, for this country, never the one that was called.

    The same contact gets the same number as long as the pool holds it; when the pool changes, only
    contacts of numbers that left move.
    """
    pool = [
        (account, sender)
        for account in workspace.accounts.values()
        if account.channel is Channel.SMS
        for sender in account.senders
        if sender.two_way and sender.number != called
    ]
    own = [found for found in pool if country in found[1].countries]
    anywhere = [found for found in pool if not found[1].countries]
    return max(own or anywhere, key=lambda found: _weight(contact_id, found[1]), default=None)


def _weight(contact_id: UUID, sender: Sender) -> bytes:
    return blake2b(contact_id.bytes + sender.number.encode(), digest_size=8).digest()
