"""A carrier that speaks Twilio: takes texts, delivers them, posts the replies; places calls."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.blocks import Blocks
from sandbox.faults import Draws, Fate, Fault, Faults, Trouble
from sandbox.forms import inbound_form, status_form
from sandbox.ledger import CarrierText, Ledger, Reply, StatusChange, utc_now
from sandbox.mailbox import Mailbox
from sandbox.messages import Account, Message, Refused, check, is_whatsapp, sender_of
from sandbox.server import Listener
from sandbox.tasks import Tasks
from sandbox.voice.switchboard import Switchboard
from sandbox.webhooks import Answer, Event, Webhooks
from sandbox.whatsapp.contents import Contents
from sandbox.wording import OptOut, keyword


@dataclass(frozen=True, slots=True)
class Text:
    """What arrives on a person's phone."""

    account: str
    person: str
    sender: str
    body: str
    by_carrier: bool = False


class Carrier:
    """Everything is in memory; what happened goes to `ledger`.

    `listeners` are called, and must not wait, when a text reaches a person's phone. `pace` is the
    time in seconds from one status to the next.
    """

    listener: Listener

    def __init__(
        self,
        *,
        accounts: Mapping[str, str | Account],
        ledger: Ledger,
        webhooks: Webhooks,
        faults: Faults = Faults(),
        pace: float = 0.0,
    ) -> None:
        self.accounts = {
            sid: Account(given) if isinstance(given, str) else given
            for sid, given in accounts.items()
        }
        self.ledger = ledger
        self.listeners: list[Callable[[Text], None]] = []
        self.draws = Draws(faults)
        self.pace = pace
        self.mailbox = Mailbox(self.accounts)
        self._webhooks = webhooks
        self._blocks = Blocks()
        self.tasks = Tasks()
        self.switchboard = Switchboard(self)
        self.contents = Contents()
        self.clock: Callable[[], datetime] = utc_now

    @property
    def base_url(self) -> str:
        return self.listener.base_url

    @property
    def faults(self) -> Faults:
        return self.draws.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.draws = Draws(faults)

    def accept(
        self, account: str, form: Mapping[str, str], *, fate: Fate
    ) -> tuple[Message, asyncio.Task[None]]:
        """Takes a text and sends it on its way; the task ends with its last callback.

        Raises `Refused`.
        """
        check(form)
        to = form["To"]
        body, template = self.contents.said(account, form)
        service = form.get("MessagingServiceSid") or None
        sender = sender_of(
            form,
            self.accounts[account],
            others=[other for sid, other in self.accounts.items() if sid != account],
            sticky=self.mailbox.last_sender(account, to),
        )
        if self._blocks.hold(account, service or sender, to):
            raise Refused(21610)
        message = self.mailbox.outbound(
            account,
            sender,
            to=to,
            body=body,
            service=service,
            callback=form.get("StatusCallback", ""),
        )
        if is_whatsapp(to):
            message.choices = (
                {one["title"]: one["id"] for one in template.actions} if template else {}
            )
            code = self.contents.refusal(form, template, self.clock())
            if code is not None:
                fate = replace(fate, failed=Fault(trouble=Trouble.FAILED, code=code))
        return message, self.tasks.spawn(self._run_statuses(message, fate))

    async def post(self, event: Event) -> Answer:
        """To the platform, signed; the last try's answer."""
        return await self._webhooks.post(event)

    async def settled(self) -> None:
        """Returns when nothing is on its way any more, people's answers included."""
        await self.tasks.settled()

    async def receive(
        self,
        person: str,
        to: str,
        *,
        body: str,
        account: str | None = None,
        part: str = "",
        meant: int | None = None,
        told: Mapping[str, str] | None = None,
    ) -> str:
        """A person writes to our number; returns the sid when the webhook is over.

        `told`: of it, beside its words. Raises KeyError when the account is not given and the
        number is nobody's.
        """
        owner = account or self.mailbox.owner_of(to, person)
        message = self.mailbox.inbound(owner, person, to=to, body=body)
        written = Reply(
            at=message.created,
            sid=message.sid,
            person=person,
            to=to,
            body=body,
            account=owner,
            part=part,
            meant=meant,
        )
        self.ledger.add(written)
        if is_whatsapp(person):  # where no carrier handles a STOP
            self.contents.heard[person, to] = self.clock()
            await self._post_inbound(message, None, told or {})
        else:
            await self._post_inbound(message, self._handle_opt_out(message), told or {})
        return message.sid

    def _handle_opt_out(self, message: Message) -> OptOut | None:
        """Default opt-out handling: the keyword that the text is, acted on and answered."""
        settings = self.accounts[message.account]
        matched = keyword(message.body) if settings.handles_stop else None
        if matched:
            pools = [sid for sid, pool in settings.services.items() if message.to in pool]
            answer = self._blocks.apply(
                matched, message.account, scopes=[message.to, *pools], person=message.sender
            )
            self._send_own_text(message, answer or "")
        return matched

    async def _post_inbound(
        self, message: Message, matched: OptOut | None, told: Mapping[str, str]
    ) -> None:
        url = self.accounts[message.account].url_for(message.to)
        if url is None:
            return
        event = self._event(message, url, {**inbound_form(message, matched), **told})
        copies = self.draws.copies(message.account, message.sender)
        answers = await asyncio.gather(*(self._webhooks.post(event) for _ in range(copies)))
        self._send_own_text(message, answers[0].text)  # plain text in the answer goes to the person

    async def _run_statuses(self, message: Message, fate: Fate) -> None:
        """Queued, sent, delivered, or what the fault says, with a callback for each."""
        posting: asyncio.Task[None] | None = None
        late: list[Event] = []
        for index, (status, code) in enumerate(_statuses(fate)):
            if index:
                await asyncio.sleep(self.pace)
            self._advance(message, status, code=code)
            if not message.callback or fate.silent:
                continue
            event = self._event(message, message.callback, status_form(message))
            if fate.reordered:
                late.insert(0, event)
            else:
                posting = self.tasks.spawn(
                    self._post_in_order([event], copies=fate.copies, after=posting)
                )
        if late:
            posting = self.tasks.spawn(self._post_in_order(late, copies=fate.copies, after=None))
        if posting is not None:
            await posting

    async def _post_in_order(
        self, events: list[Event], *, copies: int, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await after
        for event in events:
            await asyncio.gather(*(self._webhooks.post(event) for _ in range(copies)))

    def _event(self, message: Message, url: str, form: Mapping[str, str]) -> Event:
        token = self.accounts[message.account].token
        return Event(sid=message.sid, name=message.status, url=url, auth_token=token, form=form)

    def _advance(self, message: Message, status: str, *, code: int | None) -> None:
        message.status, message.code, message.updated = status, code, utc_now()
        if status == "sent":
            message.sent = message.updated
        change = StatusChange(at=message.updated, sid=message.sid, status=status, code=code)
        self.ledger.add(change)
        if status == "delivered":
            self._reach_phone(Text(message.account, message.to, message.sender, message.body))

    def _send_own_text(self, message: Message, body: str) -> None:
        """The carrier's own text to the person who wrote `message`; nothing if it is empty."""
        if not body:
            return
        account, person, sender = message.account, message.sender, message.to
        self.ledger.add(
            CarrierText(at=utc_now(), account=account, person=person, sender=sender, body=body)
        )
        self._reach_phone(Text(account, person, sender, body, by_carrier=True))

    def _reach_phone(self, text: Text) -> None:
        for listener in self.listeners:
            listener(text)


def _statuses(fate: Fate) -> list[tuple[str, int | None]]:
    fault = fate.failed
    if fault is None:
        return [("queued", None), ("sent", None), ("delivered", None)]
    left = [("queued", None), ("sent", None)][: 1 if fault.status == "failed" else 2]
    return [*left, (fault.status, fault.code)]
