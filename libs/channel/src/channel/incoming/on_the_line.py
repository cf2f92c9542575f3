"""Who rings us is asked on that line what waits for them. Pure."""

from msgspec import structs

from channel.content import Content, Prompt
from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Callback, Entry
from channel.incoming.ringing import Taken
from channel.store import delivery
from channel.store.dialogues import Opened
from channel.store.outcomes import InboundMessage
from common.events.sends import DeliveryStatus


def ask(work: ContactWork, entry: Entry, inbound: InboundMessage) -> None:
    """What waits for them, if anything does and may: then nobody calls them for it any more."""
    waiting, callback = work.rung.get(entry.id), entry.callback
    send = work.sends.get(waiting.send) if waiting else None
    if (
        waiting is None
        or send is None
        or send.state is not DeliveryStatus.QUEUED
        or waiting.content is None
        or work.suppressed.get(callback.contact, False)
        or not work.config.flow_is_on(callback.workspace, waiting.flow_id)
    ):
        work.finish(entry, "nothing_waits")
        return
    at = callback.received_at
    work.move(delivery.rung(send, at, call=callback.message_id))
    work.taken.append(Taken(send=send.key, account=callback.account, our_number=inbound.our_number))
    if send.invitation_id is not None:
        work.opened.append(
            Opened(
                our_number=inbound.our_number,
                contact_id=callback.contact_id,
                invitation_id=send.invitation_id,
                workspace=callback.workspace,
                opened_at=at,
                answers_until=waiting.answers_until or send.expires_at,
            )
        )
    work.contents[entry.id] = _on_this_line(waiting.content, callback)
    work.finish(entry, "asked")


def _on_this_line(content: Content, callback: Callback) -> Content:
    """What follows names them: only the first request of a call says what it is about."""
    if callback.send_id is None or not isinstance(content, Prompt):
        return content
    return structs.replace(content, contact_id=callback.contact_id)
