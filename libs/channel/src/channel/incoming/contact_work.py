"""A contact's work: all that is known of some contacts, and what their callbacks change. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from channel.content import Content, encode
from channel.incoming.entries import EARLY, UNKNOWN_SEND, Callback, Done, Entry
from channel.incoming.ringing import Taken, Waiting
from channel.incoming.unmatched import Unmatched
from channel.linking import Linking
from channel.rendering import Closing, Renderer
from channel.store import delivery
from channel.store.contacts import Consent
from channel.store.delivery import Send
from channel.store.dialogues import DialogueKey, Found, Opened
from channel.store.links import Told
from channel.store.outcomes import Report
from channel.store.outgoing_events import OutgoingEvents
from channel.store.schema import Key
from channel.store.sends import NewSend
from channel.store.windows import Heard
from common.bus import Message
from common.config import Config
from common.events.consent import ConsentState
from common.events.sends import FailureClass


@dataclass(slots=True, kw_only=True)
class ContactWork:
    """`sends`, `dialogues` and `suppressed` are as they are now; the rest is what came of it."""

    config: Config
    events: OutgoingEvents
    renderer: Renderer
    linking: Linking
    closing: Closing
    now: datetime
    suppressed: dict[Key, bool]
    sends: dict[Key, Send]
    dialogues: dict[DialogueKey, Found]
    belongs: Mapping[int, DialogueKey]  # which dialogue an entry's message belongs to
    named: Mapping[tuple[str, str, str], Key]  # sends by the provider's name of the message
    rung: Mapping[int, Waiting] = field(default_factory=dict)  # what waits, by entry of a ring
    taken: list[Taken] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    followed_up: Counter[Key] = field(default_factory=Counter)  # of a contact, in the last day
    strangers: set[UUID] = field(default_factory=set)  # follow-ups to people who were not asked
    unanswered: Counter[tuple[str, str]] = field(default_factory=Counter)  # workspace, why
    moved: set[Key] = field(default_factory=set)
    touched: set[DialogueKey] = field(default_factory=set)
    follow_ups: list[NewSend] = field(default_factory=list)
    links: list[Told] = field(default_factory=list)
    contents: dict[int, Content] = field(default_factory=dict)  # by entry, whose request waits
    unmatched: list[Unmatched] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # workspace, why: first of a day
    heard: list[Heard] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    early: list[Entry] = field(default_factory=list)
    call_seconds: int = 0  # of calls that turned out to be over

    def move(self, send: Send) -> bool:
        """Takes the send as it is now; publishes it when its state changed."""
        before = self.sends[send.key]
        if send == before:
            return False
        self.sends[send.key] = send
        self.moved.add(send.key)
        if send.revision == before.revision:
            return False
        self.messages += self.events.deliveries([send], self.now)
        return True

    def consent(
        self,
        entry: Entry,
        state: ConsentState,
        *,
        source: str,
        evidence: str,
        known: bool = False,
        at: datetime | None = None,
    ) -> None:
        """`known`: it was taken in when it arrived, and is only to be published.

        `at`: when it was said, unless as it came.
        """
        callback = entry.callback
        said_at = at or callback.received_at
        change = self.events.change_of_consent(
            callback.contact_id,
            state,
            said_at,
            source=source,
            because_of="/".join(callback.key),
            evidence=evidence,
        )
        self.messages.append(self.events.consent(change, workspace=callback.workspace))
        self.suppressed[callback.contact] = state is not ConsentState.GRANTED
        if not known:
            self.consents.append(
                Consent(
                    workspace=callback.workspace,
                    contact_id=callback.contact_id,
                    state=state,
                    occurred_at=said_at,
                )
            )

    def report(self, entry: Entry, report: Report | None) -> None:
        """A status: moves the send that it names, by our id or the provider's, if it is theirs."""
        callback = entry.callback
        send = self._send_of(callback)
        if send is None and not callback.send_id and self.now - callback.received_at < EARLY:
            self.early.append(entry)
            return
        if report is None or send is None or not _is_of(send, callback):
            self.finish(entry, UNKNOWN_SEND if send is None else "no_news")
            return
        after = delivery.reported(send, report, self.now)
        self.call_seconds += _paid(after) - _paid(send)
        moved = self.move(after)
        opted_out = moved and report.failure is FailureClass.OPTED_OUT
        if opted_out and not self.suppressed.get(send.contact):
            self.consent(
                entry,
                ConsentState.WITHDRAWN,
                source="carrier",
                evidence="the carrier refuses messages to this contact",
            )
        self.finish(entry, "moved" if moved else "no_news")

    def _send_of(self, callback: Callback) -> Send | None:
        if callback.send_id is not None:
            found = self.sends.get((callback.workspace, callback.send_id))
            if found is not None:
                return found
        key = self.named.get((callback.workspace, callback.account, callback.message_id))
        return self.sends.get(key) if key else None

    def finish(self, entry: Entry, outcome: str, **answer: object) -> None:
        """`answer`: the response that holds what the person said."""
        content = self.contents.get(entry.id)
        self.done.append(
            Done(
                key=entry.callback.key,
                outcome=outcome,
                content=encode(content) if content else None,
                **answer,  # type: ignore[arg-type]
            )
        )


def _paid(send: Send) -> int:
    """Seconds; who is put through is paid for both ways."""
    return (send.seconds or 0) + (send.transferred or 0)


def _is_of(send: Send, callback: Callback) -> bool:
    return (send.account, send.contact) == (callback.account, callback.contact)
