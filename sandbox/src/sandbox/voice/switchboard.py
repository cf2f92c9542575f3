"""Places calls, fetches what is to be said, plays it to whoever picks up, tells their keys."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sandbox.faults import Fate
from sandbox.ledger import CallIn, CallStatus, Heard, Pressed, PutThrough, utc_now
from sandbox.voice.callees import Callee, Person, PicksUp
from sandbox.voice.calls import Call, Network
from sandbox.voice.documents import Dial, Gather, Hangup, NotPlayable, Pause, Redirect, Said, Verb
from sandbox.voice.plivo import Plivo
from sandbox.voice.twilio import Twilio, new_sid
from sandbox.webhooks import Answer, Event

if TYPE_CHECKING:
    from sandbox.carrier import Carrier

LONGEST_CALL = 60  # documents
NOT_TWIML, NO_DOCUMENT = "12100", "11200"
MACHINES = ("machine_start", "fax")
TALK = 40  # seconds, with a person whom a call is put through to
SAYS = "say:"  # what follows is no keys
NETWORKS: Mapping[str, Network] = {one.speaks: one for one in (Twilio(), Plivo())}


@dataclass(frozen=True, slots=True)
class Next:
    """Where a call goes on: another document, with what is told there."""

    url: str
    name: str
    told: Mapping[str, str]


SILENT = Next("", "silence", {})  # nothing was done, and nobody is told: the next verb follows


class Switchboard:
    """Of one carrier: its accounts, faults, ledger and tasks. `callees` by number.

    `second`: how long a second of a pause takes here.
    """

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self.second = 0.0
        self.callees: dict[str, Person] = {}
        self.calls: dict[str, Call] = {}
        self.listeners: list[Callable[[Call], None]] = []  # when one is over

    def callee(self, number: str) -> Person:
        return self.callees.get(number, Callee())

    def place(self, call: Call, *, fate: Fate) -> asyncio.Task[None]:
        """Has it made; the task ends when the call is over and told."""
        self.calls[call.sid] = call
        return self._carrier.tasks.spawn(self._ring(call, fate))

    async def call_in(
        self,
        person: str,
        to: str,
        callee: Person,
        *,
        shown: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        """A person, or a switch with them on the line, calls our number; returns at the end.

        `shown`: as whose number, if not their own. `headers`: of the switch's INVITE; then it
        comes in SIP.
        Raises KeyError where no account has a URL for calls to the number.
        """
        sid, url = self._answering(to)
        now = utc_now()
        call = Call(
            network=NETWORKS[self._carrier.accounts[sid].speaks],
            sid=new_sid(),
            account=sid,
            person=person,
            ours=to,
            direction="inbound",
            url=url,
            created=now,
            updated=now,
            headers=headers or {},
            shown=person if shown is None else shown,
        )
        self.calls[call.sid] = call
        self._carrier.ledger.add(
            CallIn(at=now, account=sid, person=person, to=to, sid=call.sid, shown=call.shown)
        )
        self._advance(call, "ringing")
        self._advance(call, "in-progress")
        copies = self._carrier.draws.copies(call.account, person)
        await self._converse(call, callee, copies=copies)
        self._advance(call, "completed")
        return call

    def _answering(self, number: str) -> tuple[str, str]:
        """Whose number it is, and what a call to it asks. Raises KeyError."""
        for sid, account in self._carrier.accounts.items():
            if account.voice_url and (not account.numbers or number in account.numbers):
                return sid, account.voice_url
        raise KeyError(number)

    async def _ring(self, call: Call, fate: Fate) -> None:
        self._advance(call, "queued")
        await asyncio.sleep(self._carrier.pace)
        self._advance(call, "ringing")
        callee = self.callee(call.person)
        await asyncio.sleep(self._carrier.pace)
        picks_up = await callee.ring(call)
        if picks_up.is_answered:
            if call.detects:
                call.answered_by = picks_up.value
            self._advance(call, "in-progress")
            if not (call.drops_machines and call.answered_by in MACHINES):
                await self._converse(call, callee, copies=fate.copies)
            ended = "completed"
        else:
            ended = picks_up.value
            call.sip = callee.sip if picks_up is PicksUp.FAILED else None
        callee.over(call)
        self._advance(call, ended)
        if call.callback and not fate.silent:
            await self._post(call, Next(call.callback, ended, {}), copies=fate.copies)
        for listener in self.listeners:
            listener(call)

    async def _converse(self, call: Call, callee: Person, *, copies: int) -> None:
        """Document after document, until somebody hangs up."""
        wanted, turn = Next(call.url, "prompt", call.network.introduced(call)), 0
        for _ in range(LONGEST_CALL):
            verbs = await self._document(call, wanted, copies=copies)
            following, turn = await self._play(call, verbs, callee=callee, turn=turn, at=wanted.url)
            if following is None:
                return
            wanted = following

    async def _document(self, call: Call, wanted: Next, *, copies: int) -> list[Verb]:
        """Of the fallback where there is none to be had; else the provider's own voice."""
        told: dict[str, str] = {}
        instead = call.network.instead(call, wanted.url)
        for place in (wanted, Next(instead, "fallback", told)):
            if not place.url:
                break
            answers = await self._post(call, place, copies=copies)
            if len({(a.status, a.body) for a in answers if a.acknowledged}) > 1:
                raise AssertionError(f"two documents for one request to {place.url}")
            answer = answers[0]
            if not answer.acknowledged:
                told |= {"ErrorCode": NO_DOCUMENT, "ErrorUrl": place.url}
                continue
            try:
                return call.network.parse(answer.body, answer.media_type)
            except NotPlayable:
                told |= {"ErrorCode": NOT_TWIML, "ErrorUrl": place.url}
        return list(call.network.lost)

    async def _play(
        self, call: Call, verbs: list[Verb], *, callee: Person, turn: int, at: str
    ) -> tuple[Next | None, int]:
        for verb in verbs:
            match verb:
                case Said(text=text):
                    self._hear(call, text, keys=0, by_provider=verb.by_provider)
                    if not await callee.hear(text):
                        return None, turn
                case Pause(seconds=seconds):
                    await asyncio.sleep(seconds * self.second)
                case Hangup():
                    return None, turn
                case Dial():
                    return await self._put_through(call, verb, at), turn
                case Redirect(url=url):
                    return Next(urljoin(at, url), "prompt", {}), turn
                case Gather():
                    following = await self._gather(call, verb, callee=callee, turn=turn, at=at)
                    turn += 1
                    if following is not SILENT:
                        return following, turn
        return None, turn

    async def _gather(
        self, call: Call, verb: Gather, *, callee: Person, turn: int, at: str
    ) -> Next | None:
        """Where what they did is told; None: they hung up."""
        self._hear(call, verb.text, keys=verb.digits or -1)
        keys = await callee.press(verb, turn)
        if keys is None:
            return None
        told = self._answer(call, verb, keys)
        if not told and not verb.silence_counts:
            return SILENT
        return Next(urljoin(at, verb.action or at), "key", told or call.network.pressed(""))

    async def _put_through(self, call: Call, dial: Dial, at: str) -> Next:
        """Whoever is rung picks up by their own habits; the call comes back when that is over."""
        picks_up = await self.callee(dial.number).ring(call)
        taken = picks_up.is_answered
        status = "completed" if taken else picks_up.value
        self._carrier.ledger.add(
            PutThrough(
                at=utc_now(), sid=call.sid, to=dial.number, caller=dial.caller, status=status
            )
        )
        told = call.network.put_through(status, TALK if taken else 0)
        return Next(urljoin(at, dial.action), "transfer", told)

    def _answer(self, call: Call, gather: Gather, keys: str) -> Mapping[str, str]:
        """What is told of what they did; nothing where that is nothing."""
        if keys.startswith(SAYS):
            text, _, confidence = keys.removeprefix(SAYS).partition("@")
            self._press(call, text if gather.speech else "")
            return call.network.spoken(text, confidence or "0.9") if gather.speech else {}
        told = gather.pressed(keys)
        self._press(call, told)
        return call.network.pressed(told) if told else {}

    async def _post(self, call: Call, to: Next, *, copies: int) -> list[Answer]:
        event = Event(
            sid=call.sid,
            name=to.name,
            url=to.url,
            auth_token=self._carrier.accounts[call.account].token,
            form={**call.network.form(call), **to.told},
            signed=call.network.signed,
        )
        return await asyncio.gather(*(self._carrier.post(event) for _ in range(copies)))

    def _advance(self, call: Call, status: str) -> None:
        call.status, call.updated = status, utc_now()
        self._carrier.ledger.add(
            CallStatus(at=call.updated, sid=call.sid, status=status, answered_by=call.answered_by)
        )

    def _hear(self, call: Call, text: str, *, keys: int, by_provider: bool = False) -> None:
        self._carrier.ledger.add(
            Heard(
                at=utc_now(),
                sid=call.sid,
                person=call.person,
                text=text,
                keys=keys,
                by_machine=call.answered_by in MACHINES,
                by_provider=by_provider,
            )
        )

    def _press(self, call: Call, keys: str) -> None:
        self._carrier.ledger.add(Pressed(at=utc_now(), sid=call.sid, person=call.person, keys=keys))
