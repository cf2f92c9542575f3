"""Calls that go on by documents, whoever carries them.

A call asks us what to say (`prompt`), tells the keys pressed (`key`, one `turn` after the other)
and how it ended (`status`). Whoever is put through to a person comes
back from there (`transfer`). Who rings us asks what to say, too (`inbound`), and waits some seconds
for their step, which may be on its way to us. What their switch says in SIP, only the first request
of the call has: our own URLs carry it on, and who it is. Where we cannot answer, a call goes to
`goodbye`, which needs nothing but this process.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from channel.content import Content, Prompt
from channel.forms import pairs
from channel.providers import CallbackKind, CallbackRequest, CallbackResponse, ProviderEvent
from channel.store.outcomes import InboundMessage, Report
from common.events.sends import DeliveryStatus
from common.phone import with_plus
from ivr_gateway.domain.hearing import says_stop
from ivr_gateway.domain.passed_on import header_of, interaction_in, number_in

PROMPT, KEY, STATUS, GOODBYE, INBOUND = "prompt", "key", "status", "goodbye", "inbound"
TRANSFER = "transfer"
KINDS: Mapping[str, CallbackKind] = {
    PROMPT: CallbackKind.STATUS,
    KEY: CallbackKind.MESSAGE,
    STATUS: CallbackKind.STATUS,
    INBOUND: CallbackKind.MESSAGE,
    TRANSFER: CallbackKind.STATUS,
}
NEED_NO_SEND = (KEY, INBOUND, TRANSFER)  # whoever rings us names none
SORRY = "Sorry, we cannot go on now. Goodbye."
NO_SURVEY = "Sorry, we have no survey for you at the moment. Goodbye."
TRIES, PAUSE = 4, 2  # that somebody who rings us waits for their step; seconds in between
LONGEST_SPEECH = 1_000  # characters
SURE = 0.5  # what is understood less surely is asked again
LONGEST_KEYS = 50  # what is longer is no answer whatever it is
ABOUT, CONTACT = "about", "contact"  # what our own URLs carry for a caller who was passed on
Fields = Mapping[str, Any]
Numbers = tuple[str | None, str | None]


class Documents(Protocol):
    """A provider's own words for what is said and waited for."""

    def document(self, prompt: Prompt, *, action: str) -> bytes:
        """`action`: where the keys pressed are told, or how it was with a person.

        Without anything to be answered it ends there.
        """
        ...

    def again(self, url: str, *, seconds: int) -> bytes:
        """Asks there once more after a pause."""
        ...

    def hang_up(self) -> bytes: ...


class DocumentCalls:
    """What every provider of such calls does alike; a provider says what its fields mean."""

    documents: ClassVar[Documents]
    speech: ClassVar[tuple[str, str]]  # fields: what was understood, and how surely
    header: ClassVar[str]  # field, in lower case: what a switch says of the call that it passes on

    def call_of(self, fields: Fields) -> str:
        """The provider's name of the call."""
        raise NotImplementedError

    def report(self, fields: Fields) -> Report | None:
        raise NotImplementedError

    def was_taken(self, fields: Fields) -> bool:
        """Whether the person who was rung for them has spoken with them."""
        raise NotImplementedError

    def told(self, header: str) -> str:
        """What the switch wrote into it."""
        return header

    def spoken(self, fields: Fields) -> tuple[str, float]:
        """What was understood of their words, and how surely, from 0 to 1."""
        text, confidence = (fields.get(name) for name in self.speech)
        return str(text or "")[:LONGEST_SPEECH], _share(confidence)

    def numbers_of(self, fields: Fields) -> Numbers:
        """Ours and theirs, whoever calls whom."""
        numbers = _number(fields.get("From")), _number(fields.get("To"))
        return numbers[::-1] if fields.get("Direction") == "inbound" else numbers

    def carried(self, words: Mapping[str, str]) -> str:
        """As a query of our own URL, which is signed as the form is."""
        return urlencode(words)

    def carried_by(self, url: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))

    def urls(self, callbacks: str, send_id: UUID, prompt: Prompt) -> tuple[str, str, str]:
        """Where a call asks what to say, where it goes when we cannot, where it tells its end."""
        words = {"say": prompt.goodbye or SORRY, "language": prompt.language}
        return (
            f"{callbacks}/{PROMPT}/{send_id}",
            f"{callbacks}/{GOODBYE}?{self.carried(words)}",
            f"{callbacks}/{STATUS}/{send_id}",
        )

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        if request.what == GOODBYE:
            return []
        kind = KINDS.get(request.what)
        if kind is None or (request.send_id is None and request.what not in NEED_NO_SEND):
            return None
        fields, carried = self._fields(request), self.carried_by(request.url)
        call, (ours, theirs) = self.call_of(fields), self.numbers_of(fields)
        if not call or not theirs:
            return []
        return [
            ProviderEvent(
                kind=kind,
                key=_key(request.what, call, fields),
                address=theirs,
                message_id=call,
                fields=fields,
                our_number=ours,
                contact_id=_uuid(carried.get(CONTACT, "")),
                about=self._about(request) if request.what == INBOUND else None,
                send_id=request.send_id,
                awaits_content=request.what not in (STATUS, TRANSFER),
            )
        ]

    def inbound(self, fields: Fields) -> InboundMessage | None:
        ours, theirs = self.numbers_of(fields)
        if not ours or not theirs:
            return None
        if "turn" not in fields:
            return InboundMessage(our_number=ours, address=theirs, text="", rings=True)
        pressed = str(fields.get("Digits", ""))[:LONGEST_KEYS]
        said, confidence = self.spoken(fields)
        stop = fields.get("stop")
        stops = bool(stop and pressed and says_stop(pressed, stop))
        if pressed and not stops and fields.get("words"):
            pressed = ""  # where words were asked for, any key goes on without them
        return InboundMessage(
            our_number=ours,
            address=theirs,
            text=pressed or said,
            keyword="stop" if stops else None,
            silent=not pressed and not said,
            unsure=not pressed and bool(said) and confidence < SURE and not fields.get("words"),
            about=self.call_of(fields) or None,
        )

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if request.what == STATUS:
            return CallbackResponse()
        body = self._document(request, self._fields(request), content)
        return CallbackResponse(status=200, body=body, media_type="text/xml")

    def _fields(self, request: CallbackRequest) -> dict[str, str]:
        return self.carried_by(request.url) | dict(pairs(request.body) or ())

    def _about(self, request: CallbackRequest) -> tuple[str, str] | None:
        carried = self.carried_by(request.url).get(ABOUT)
        told = carried or self.told(header_of(self._fields(request), self.header))
        return interaction_in(told)

    def _document(
        self, request: CallbackRequest, fields: Mapping[str, str], content: Content | None
    ) -> bytes:
        if request.what == GOODBYE:
            return self._goodbye(fields, SORRY)
        if request.what == TRANSFER:
            if self.was_taken(fields):
                return self.documents.hang_up()
            return self._goodbye(fields, SORRY)
        failed = self.report(fields)
        if failed is not None and failed.status is DeliveryStatus.FAILED:
            return self.documents.hang_up()  # nothing is left on a machine
        if request.what == INBOUND and not isinstance(content, Prompt):
            return self._wait(request, fields)
        if not isinstance(content, Prompt):  # nothing is left to be said
            return self._goodbye(fields, SORRY)
        return self.documents.document(content, action=self._action(request, fields, content))

    def _goodbye(self, fields: Mapping[str, str], otherwise: str) -> bytes:
        """Words of ours where a document is missing: nobody hears a provider's error."""
        said, language = fields.get("say", otherwise), fields.get("language", "en")
        return self.documents.document(Prompt(text=said, language=language), action="")

    def _wait(self, request: CallbackRequest, fields: Mapping[str, str]) -> bytes:
        """What the switch has just told of the call may still be on its way to us."""
        tried = int(fields["try"]) if _is_number(fields.get("try", "")) else 1
        if tried >= TRIES:
            return self._goodbye(fields, NO_SURVEY)
        query = self.carried_by(request.url) | {"try": str(tried + 1)}
        if about := self._about(request):
            query[ABOUT] = " ".join(about)
        here = request.url.partition("?")[0]
        return self.documents.again(f"{here}?{self.carried(query)}", seconds=PAUSE)

    def _action(self, request: CallbackRequest, fields: Mapping[str, str], prompt: Prompt) -> str:
        """Of this turn alone: whoever asks again gets the same document, with the same action."""
        about = f"/{request.send_id}" if request.send_id else ""
        here = request.url.partition("?")[0].removesuffix(f"/{request.what}{about}")
        contact = str(prompt.contact_id or self.carried_by(request.url).get(CONTACT, ""))
        who = {CONTACT: contact} if contact else {}
        if prompt.transfer is not None:
            words = {"say": prompt.transfer.otherwise, "language": prompt.language}
            return f"{here}/{TRANSFER}{about}?{self.carried(words | who)}"
        turn = int(fields["turn"]) + 1 if _is_number(fields.get("turn", "")) else 1
        words = {"turn": str(turn), "language": prompt.language} | who
        words |= {"stop": prompt.stop} if prompt.stop else {}
        words |= {"say": prompt.goodbye} if prompt.goodbye else {}
        words |= {"words": "1"} if prompt.speech and not prompt.keys else {}
        return f"{here}/{KEY}{about}?{self.carried(words)}"


def _number(told: Any) -> str | None:
    return with_plus(number_in(told)) if isinstance(told, str) else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _key(what: str, call: str, fields: Mapping[str, str]) -> str:
    """The same for every copy of the event."""
    if what == KEY:
        return f"{call}/{KEY}/{fields.get('turn', '')[:9]}"
    if what == TRANSFER:
        return f"{call}/{TRANSFER}"
    if what == INBOUND:
        return f"{call}/{INBOUND}/{fields.get('try', '1')[:9]}"
    return f"{call}/{PROMPT if what == PROMPT else fields.get('CallStatus', '')}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def _share(told: Any) -> float:
    """A provider that does not say how sure it is, is."""
    try:
        return float(told)
    except (TypeError, ValueError):
        return 1.0
