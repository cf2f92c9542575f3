"""The Cloud API's side: businesses, their numbers, templates, messages, and who wrote when."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults import Draws, Fate, Faults
from sandbox.ledger import Ledger, Reply, StatusChange, utc_now
from sandbox.server import Listener
from sandbox.tasks import Tasks
from sandbox.whatsapp import templates
from sandbox.whatsapp.posting import Posting
from sandbox.whatsapp.templates import Refused, Template

WINDOW = timedelta(hours=24)
REPLY_BUTTONS, ROWS = 3, 10


@dataclass(slots=True, kw_only=True)
class Business:
    """A WhatsApp Business Account. `numbers`: E.164 by phone_number_id. `secret`: of the app."""

    id: str
    token: str
    secret: str
    webhook: str
    numbers: Mapping[str, str]
    reviews: bool = True  # what is submitted is approved at once
    expires_at: int = 0  # of the token, epoch seconds; 0: never
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    refuses: Refused | None = None  # what whoever submits a template is answered
    told: dict[str, Any] = field(default_factory=dict)  # of the account and its numbers, instead
    submitted: int = 0  # templates, taken or not
    listed: int = 0  # pages of templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What arrives on a person's phone. `choices`: payload or id by title."""

    business: str
    person: str
    sender: str
    id: str
    body: str
    choices: Mapping[str, str]
    kind: str  # template | text | button | list


class WhatsApp:
    """Everything is in memory; what happened goes to `ledger`.

    `listeners` are called, and must not wait, when a message reaches a person's phone. `strangers`
    have no WhatsApp. `names`: people whose number is not told, by their id of the business.
    """

    listener: Listener

    def __init__(
        self, *, businesses: Sequence[Business], ledger: Ledger, posting: Posting, pace: float = 0.0
    ) -> None:
        self.businesses = {one.id: one for one in businesses}
        self.ledger = ledger
        self.posting = posting
        self.pace = pace
        self.draws = Draws()
        self.tasks = Tasks()
        self.listeners: list[Callable[[Chat], None]] = []
        self.chats: dict[str, Chat] = {}
        self.strangers: set[str] = set()
        self.names: dict[str, str] = {}
        self.clock: Callable[[], datetime] = utc_now
        self._heard: dict[tuple[str, str], datetime] = {}  # (our number, person)
        self._sent: defaultdict[str, list[Chat]] = defaultdict(list)

    @property
    def base_url(self) -> str:
        return self.listener.base_url

    @property
    def faults(self) -> Faults:
        return self.draws.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.draws = Draws(faults)

    def owner(self, phone_number_id: str) -> Business:
        """Raises `Refused` as Meta does for an id that it does not know."""
        for business in self.businesses.values():
            if phone_number_id in business.numbers:
                return business
        raise Refused(100, "Unsupported post request. Object does not exist", subcode=33)

    def prepare(self, business: Business, number: str, body: Mapping[str, Any]) -> Chat:
        """What would arrive. Raises `Refused` for what Meta refuses at once."""
        person = self.person_of(body)
        kind = str(body.get("type"))
        open_until = self._heard.get(
            (number, person), datetime.min.replace(tzinfo=utc_now().tzinfo)
        )
        if kind != "template" and self.clock() >= open_until:
            raise Refused(131047, "More than 24 hours have passed since the person last replied")
        said, choices, shown = _said(business, kind, body)
        return Chat(
            business=business.id,
            person=person,
            sender=number,
            id=f"wamid.{secrets.token_hex(12)}",
            body=said,
            choices=choices,
            kind=shown,
        )

    def person_of(self, body: Mapping[str, Any]) -> str:
        """Our name of them: E.164, also of those whose number is not told."""
        if body.get("to"):
            return f"+{str(body['to']).lstrip('+')}"
        named = {identity: person for person, identity in self.names.items()}
        recipient = str(body.get("recipient", ""))
        if recipient not in named:
            raise Refused(131026, "no such recipient")
        return named[recipient]

    def deliver(self, chat: Chat, data: str, fate: Fate) -> asyncio.Task[None]:
        """On its way: statuses are told in batches, with those of others."""
        self.chats[chat.id] = chat
        return self.tasks.spawn(self._run(chat, data, fate))

    async def _run(self, chat: Chat, data: str, fate: Fate) -> None:
        if chat.person in self.strangers:
            steps: list[tuple[str, int | None]] = [("failed", 131026)]
        elif fate.failed is not None:
            steps = [("sent", None), ("failed", fate.failed.code)]
        else:
            steps = [("sent", None), ("delivered", None), ("read", None)]
        told = []
        for status, code in steps:
            self.ledger.add(StatusChange(at=utc_now(), sid=chat.id, status=status, code=code))
            if status == "delivered":
                self._arrive(chat)
            told.append(self._status(chat, status, code, data))
            await asyncio.sleep(self.pace)
        if fate.silent:
            return
        for one in reversed(told) if fate.reordered else told:
            await self._tell(chat, {"statuses": [one] * fate.copies}, name=one["status"])

    def _arrive(self, chat: Chat) -> None:
        self._sent[chat.person].append(chat)
        for listener in self.listeners:
            listener(chat)

    def chats_of(self, person: str) -> list[Chat]:
        """What arrived on this person's phone, in order."""
        return list(self._sent[person])

    def _status(self, chat: Chat, status: str, code: int | None, data: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": chat.id,
            "status": status,
            "timestamp": str(int(utc_now().timestamp())),
            **self._recipient(chat.person),
            "biz_opaque_callback_data": data,
        }
        if code is not None:
            told["errors"] = [{"code": code, "title": f"Error {code}", "message": f"Error {code}"}]
        return told

    def _recipient(self, person: str) -> dict[str, str]:
        if person in self.names:
            return {"recipient_user_id": self.names[person]}
        return {"recipient_id": person[1:]}

    async def writes(self, person: str, to: str, text: str) -> str:
        """A person writes to our number; the id when the webhook is over."""
        message = {"type": "text", "text": {"body": text}}
        return await self._inbound(person, to, message, text)

    async def taps(self, chat: Chat, title: str, *, told_what: bool = True) -> str:
        """A button or row of something that arrived. `told_what`: with the context."""
        payload = chat.choices[title]
        if chat.kind == "template":
            message: dict[str, Any] = {
                "type": "button",
                "button": {"text": title, "payload": payload},
            }
        else:
            kind = "list_reply" if chat.kind == "list" else "button_reply"
            inner = {"type": kind, kind: {"id": payload, "title": title}}
            message = {"type": "interactive", "interactive": inner}
        if told_what:
            message["context"] = {"from": chat.sender[1:], "id": chat.id}
        return await self._inbound(chat.person, chat.sender, message, title)

    async def _inbound(self, person: str, to: str, message: dict[str, Any], text: str) -> str:
        business = next(b for b in self.businesses.values() if to in b.numbers.values())
        now = self.clock()
        self._heard[to, person] = now + WINDOW
        identity = f"wamid.{secrets.token_hex(12)}"
        self.ledger.add(
            Reply(at=utc_now(), sid=identity, person=person, to=to, body=text, account=business.id)
        )
        named = self.names.get(person)
        message |= {"id": identity, "timestamp": str(int(now.timestamp()))}
        contact: dict[str, Any] = {"profile": {"name": "Somebody"}}
        if named is None:
            message["from"], contact["wa_id"] = person[1:], person[1:]
        else:
            message["from_user_id"], contact["user_id"] = named, named
        copies = self.draws.copies(business.id, person)
        value = {"contacts": [contact], "messages": [message] * copies}
        chat = Chat(
            business=business.id,
            person=person,
            sender=to,
            id=identity,
            body="",
            choices={},
            kind="",
        )
        await self._tell(chat, value, name="received")
        return identity

    async def prefers(self, person: str, to: str, what: str) -> None:
        """`stop` or `resume` of marketing, set in the app."""
        business = next(b for b in self.businesses.values() if to in b.numbers.values())
        chat = Chat(
            business=business.id, person=person, sender=to, id="", body="", choices={}, kind=""
        )
        told = {
            "wa_id": person[1:],
            "category": "marketing_messages",
            "value": what,
            "timestamp": int(utc_now().timestamp()),
        }
        await self._tell(chat, {"user_preferences": [told]}, name=what, field="user_preferences")

    async def review(self, business: str, name: str, status: str, reason: str = "NONE") -> None:
        """A template's state changes, in every language, and the app is told."""
        for template in self.businesses[business].templates.values():
            if template.name == name:
                template.status, template.reason = status, reason
                told = {
                    "event": status,
                    "message_template_id": int(template.id),
                    "message_template_name": name,
                    "message_template_language": template.language,
                    "reason": reason,
                }
                change = {"field": "message_template_status_update", "value": told}
                await self.posting.post(self.businesses[business], [change], sid=name, name=status)

    async def _tell(
        self, chat: Chat, value: dict[str, Any], *, name: str, field: str = "messages"
    ) -> None:
        business = self.businesses[chat.business]
        number = next(i for i, e164 in business.numbers.items() if e164 == chat.sender)
        metadata = {"display_phone_number": chat.sender[1:], "phone_number_id": number}
        whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        change = {"field": field, "value": whole}
        await self.posting.post(business, [change], sid=chat.id, name=name)

    async def settled(self) -> None:
        """Returns when nothing is on its way any more."""
        await self.tasks.settled()


def _said(
    business: Business, kind: str, body: Mapping[str, Any]
) -> tuple[str, dict[str, str], str]:
    """Words, payloads by title, and how it is shown. Raises `Refused`."""
    if kind == "template":
        given = body["template"]
        found = business.templates.get((given["name"], given["language"]["code"]))
        said, payloads = templates.filled(found, given)
        titles = found.titles if found else ()
        return said, dict(zip(titles, payloads, strict=True)), "template"
    if kind == "text":
        text = str(body["text"]["body"])
        if not 0 < len(text) <= 4096:
            raise Refused(100, "text.body")
        return text, {}, "text"
    if kind == "interactive":
        return _interactive(body["interactive"])
    raise Refused(131051, "unsupported type")


def _interactive(given: Mapping[str, Any]) -> tuple[str, dict[str, str], str]:
    text = str(given["body"]["text"])
    if given["type"] == "button":
        buttons = [one["reply"] for one in given["action"]["buttons"]]
        if not 0 < len(buttons) <= REPLY_BUTTONS or any(len(b["title"]) > 20 for b in buttons):
            raise Refused(131009, "buttons")
        return text, {one["title"]: one["id"] for one in buttons}, "button"
    rows = [row for section in given["action"]["sections"] for row in section["rows"]]
    if not 0 < len(rows) <= ROWS or any(len(r["title"]) > 24 or len(r["id"]) > 200 for r in rows):
        raise Refused(131009, "rows")
    if not 0 < len(given["action"]["button"]) <= 20:
        raise Refused(131009, "action.button")
    return text, {row["title"]: row["id"] for row in rows}, "list"
