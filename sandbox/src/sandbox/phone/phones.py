"""The phones that are held by people: their numbers, what arrives on them, what they do."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict

from sandbox.carrier import Carrier, Text
from sandbox.phone.feed import Feed
from sandbox.phone.line import SPOKEN, Line
from sandbox.phone.refusals import TooMany, Trouble, Unknown
from sandbox.phone.shelf import Kept, Shelf
from sandbox.phone.switch import EndedCall, Switch
from sandbox.tasks import Tasks
from sandbox.whatsapp.cloud import Chat, WhatsApp

MOST_CALLS = 100  # that one phone may end
MOST_MESSAGES = 1_000  # that one phone may write


class Phone:
    """One number and what is on its screen. Whoever knows `token` holds it."""

    def __init__(self, number: str, *, token: str = "", spoken: float = SPOKEN) -> None:
        self.number = number
        self.token = token or secrets.token_urlsafe(16)
        self.feed = Feed()
        self.line = Line(self.feed, spoken=spoken)
        self.streams = 0
        self.ended = 0
        self.written = 0
        self.agreed = False  # to WhatsApp
        self.texted_by: dict[str, str] = {}  # account by our number
        self.chats: dict[str, Chat] = {}


class Phones:
    """`numbers` are given out one after the other; nobody else answers for them.

    `shelf`: where phones are kept when this process ends.
    """

    def __init__(
        self,
        *,
        numbers: Sequence[str],
        carrier: Carrier,
        whatsapp: WhatsApp,
        switch: Switch,
        shelf: Shelf | None = None,
        spoken: float = SPOKEN,
    ) -> None:
        self._free = list(reversed(numbers))
        self._shelf = shelf
        self._spoken = spoken
        self._carrier = carrier
        self._whatsapp = whatsapp
        self._switch = switch
        self._by_token: dict[str, Phone] = {}
        self._by_number: dict[str, Phone] = {}
        self.tasks = Tasks()
        carrier.listeners.append(self._text)
        whatsapp.listeners.append(self._chat)
        for kept in shelf.all() if shelf else ():
            self._put_back(kept)

    def take(self) -> Phone:
        """A new one. Raises `TooMany` when there is no number left."""
        if not self._free:
            raise TooMany("every number is taken; start the demo again")
        return self._held_from_now(Phone(self._free.pop(), spoken=self._spoken))

    def _put_back(self, kept: Kept) -> None:
        """As it was, except for a call that it was on."""
        if kept.number not in self._free:
            return
        self._free.remove(kept.number)
        phone = Phone(kept.number, token=kept.token, spoken=self._spoken)
        kept.onto(phone)
        self._held_from_now(phone)

    def _held_from_now(self, phone: Phone) -> Phone:
        self._by_token[phone.token] = self._by_number[phone.number] = phone
        self._carrier.switchboard.callees[phone.number] = phone.line
        if shelf := self._shelf:
            phone.feed.grown = lambda: shelf.keep(phone)
            shelf.keep(phone)
        return phone

    def held(self, token: str) -> Phone | None:
        return self._by_token.get(token)

    def close(self) -> None:
        """Whoever looks at a phone is told that it is over."""
        for phone in self._by_token.values():
            phone.feed.close()

    async def end_call(self, phone: Phone, call: EndedCall) -> None:
        """As a switch tells it; what is decided is told later. Raises `Trouble`, `TooMany`."""
        if phone.ended >= MOST_CALLS:
            raise TooMany(f"{MOST_CALLS} calls are enough for one phone; take another number")
        phone.ended += 1
        if call.agrees is not None and call.agrees is not phone.agreed:
            await self._switch.consent(phone.number, "granted" if call.agrees else "withdrawn")
            phone.agreed = call.agrees
        interaction = await self._switch.end(phone.number, call)
        phone.feed.add(
            "ended",
            queue=call.queue,
            agent=call.agent.name,
            tags=list(call.tags),
            interaction=interaction,
        )
        self.tasks.spawn(self._decided(phone, interaction))

    async def text(self, phone: Phone, to: str, body: str) -> None:
        """Raises `Unknown`, `TooMany`."""
        account = phone.texted_by.get(to)
        if account is None:
            raise Unknown("nobody texted from that number")
        self._writes(phone, "text", body)
        self.tasks.spawn(self._carrier.receive(phone.number, to, body=body, account=account))

    async def chat(self, phone: Phone, to: str, body: str) -> None:
        """Raises `Unknown`, `TooMany`."""
        if all(chat.sender != to for chat in phone.chats.values()):
            raise Unknown("nobody wrote from that number")
        self._writes(phone, "chat", body)
        self.tasks.spawn(self._whatsapp.writes(phone.number, to, body))

    async def tap(self, phone: Phone, chat: str, title: str) -> None:
        """A button or a row of a message. Raises `Unknown`, `TooMany`."""
        found = phone.chats.get(chat)
        if found is None or title not in found.choices:
            raise Unknown("no such button")
        self._writes(phone, "chat", title)
        self.tasks.spawn(self._whatsapp.taps(found, title))

    def _writes(self, phone: Phone, place: str, body: str) -> None:
        if phone.written >= MOST_MESSAGES:
            raise TooMany(f"{MOST_MESSAGES} messages are enough for one phone")
        phone.written += 1
        phone.feed.add("mine", place=place, body=body)

    async def _decided(self, phone: Phone, interaction: str) -> None:
        try:
            found = await self._switch.verdict(interaction)
            phone.feed.add("verdict", **asdict(found))
            if found.invitation and not found.due:
                why = await self._switch.trouble_with(found.invitation)
                if why:
                    phone.feed.add("trouble", body=f"nothing arrives: {why}")
        except Trouble as trouble:
            phone.feed.add("trouble", body=str(trouble))

    def _text(self, text: Text) -> None:
        phone = self._by_number.get(text.person)
        if phone is not None:
            phone.texted_by[text.sender] = text.account
            phone.feed.add("text", sender=text.sender, body=text.body)

    def _chat(self, chat: Chat) -> None:
        phone = self._by_number.get(chat.person)
        if phone is not None:
            phone.chats[chat.id] = chat
            phone.feed.add(
                "chat",
                id=chat.id,
                sender=chat.sender,
                body=chat.body,
                shown=chat.kind,
                choices=list(chat.choices),
            )
