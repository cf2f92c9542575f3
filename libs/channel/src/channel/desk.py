"""A desk with all that is known of some contacts, where their callbacks are worked off. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from channel import delivery
from channel.contacts import Consent
from channel.delivery import Send
from channel.dialogues import Found
from channel.inbox import Done, Entry
from channel.outcomes import Report
from channel.sends import NewSend
from channel.telling import Teller
from channel.unmatched import Unmatched
from common.bus import Message
from common.config import Config
from common.events.consent import ConsentState
from common.events.sends import FailureClass

Key = tuple[str, UUID, UUID]  # of a dialogue


def key_of(found: Found) -> Key:
    return found.our_number, found.contact_id, found.invitation_id


@dataclass(slots=True, kw_only=True)
class Desk:
    """`sends`, `dialogues` and `suppressed` are as they are now; the rest is what came of it."""

    config: Config
    teller: Teller
    now: datetime
    suppressed: dict[UUID, bool]
    sends: dict[UUID, Send]
    dialogues: dict[Key, Found]
    belongs: Mapping[int, Key]  # which dialogue an entry's message belongs to
    moved: set[UUID] = field(default_factory=set)
    touched: set[Key] = field(default_factory=set)
    replies: list[NewSend] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    told: list[Message] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)

    def move(self, send: Send) -> bool:
        """Takes the send as it is now; tells of it when its state changed."""
        before = self.sends[send.id]
        if send == before:
            return False
        self.sends[send.id] = send
        self.moved.add(send.id)
        if send.revision == before.revision:
            return False
        self.told += self.teller.deliveries([send], self.now)
        return True

    def consent(
        self, entry: Entry, state: ConsentState, *, source: str, evidence: str, known: bool = False
    ) -> None:
        """`known`: it was taken in when it arrived, and is only to be told."""
        callback = entry.callback
        change = self.teller.change_of_consent(
            callback.contact_id,
            state,
            callback.received_at,
            source=source,
            because_of=callback.event_key,
            evidence=evidence,
        )
        self.told.append(self.teller.consent(change, workspace=callback.workspace))
        self.suppressed[callback.contact_id] = state is not ConsentState.GRANTED
        if not known:
            self.consents.append(
                Consent(
                    workspace=callback.workspace,
                    contact_id=callback.contact_id,
                    state=state,
                    occurred_at=callback.received_at,
                )
            )

    def report(self, entry: Entry, report: Report | None) -> None:
        """A status callback: moves the send that its URL names, if that is the account's own."""
        callback = entry.callback
        send = self.sends.get(callback.send_id) if callback.send_id else None
        if report is None or send is None or not _is_of(send, entry):
            self.finish(entry, "unknown_send" if send is None else "no_news")
            return
        moved = self.move(delivery.reported(send, report, self.now))
        opted_out = moved and report.failure is FailureClass.OPTED_OUT
        if opted_out and not self.suppressed.get(send.contact_id):
            self.consent(
                entry,
                ConsentState.WITHDRAWN,
                source="carrier",
                evidence="the carrier refuses messages to this contact",
            )
        self.finish(entry, "moved" if moved else "no_news")

    def finish(self, entry: Entry, outcome: str) -> None:
        self.done.append(Done(id=entry.id, outcome=outcome))


def _is_of(send: Send, entry: Entry) -> bool:
    callback = entry.callback
    return (send.workspace, send.account, send.contact_id) == (
        callback.workspace,
        callback.account,
        callback.contact_id,
    )
