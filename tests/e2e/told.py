"""The table of calls: what switches, vendors and scripts send, and what must come of it."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from standardwebhooks import Webhook

from sandbox.pbx.numbers import LINES, customer
from tests.e2e.world import SECRETS, event

LINE = LINES["billing"]
NOBODY: Mapping[str, Any] = MappingProxyType({"reason": "no_address", "problem": "hidden"})
NO_NUMBER: Mapping[str, Any] = MappingProxyType({"reason": "no_address", "problem": "invalid"})
ASKED: Mapping[str, Any] = MappingProxyType({"reason": None})
# Words, codes, keypads and forms by which switches say that the caller hides the number.
WITHHELD = (
    "7378742833", "+7378742833", "266696687", "464", "anonymous", "sip:anonymous@anonymous.invalid",
    "Restricted", "Número Privado", "unbekannt", "<unknown>", "N/A", "",
)  # fmt: skip
CE_JSON = {"Content-Type": "application/cloudevents+json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request. `to`: a source of the workspace, or "events". `answer`: part of what is said."""

    to: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "POST"
    status: int = 202
    answer: Mapping[str, Any] = field(default_factory=dict)
    by_topic: bool = False  # of the source, in Kafka
    signed: bool = False  # by itself: without a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`call`: as the source named it. `becomes`: part of its decision; None: there is no call."""

    id: str
    sent: tuple[Sent, ...]
    call: str = ""
    person: str | None = None  # who is asked, if somebody is
    becomes: Mapping[str, Any] | None = None

    @property
    def source(self) -> str:
        return self.sent[0].to


def ours(call: str, address: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A body of a customer's own, in our names."""
    told = {"id": call, "ending": "connected", "address": address, "ended_at": at.isoformat()}
    return told | {"our_number": LINE, "queue": "billing", "talk_seconds": 60} | changes


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def table(at: datetime, people: Iterator[int]) -> list[Told]:
    """`at`: when calls ended, a moment ago; `people`: indexes of customers that nobody else has."""
    return [
        *_callers(at, people),
        *_odd(at, people),
        *_mapped(at, people),
        *_events(at, people),
        *_vendors_ask(),
    ]


def _callers(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    for place, word in enumerate(WITHHELD):
        call = f"withheld-{place}"
        sent = Sent(to="mapped-json", body=raw(ours(call, word, at)))
        yield Told(id=f"withheld {word!r}", sent=(sent,), call=call, becomes=NOBODY)
    uri = f"TEL:{customer(next(people))}"
    yield _one("upper-case-tel", ours("upper-case-tel", uri, at), person=uri[4:])
    british = "447400123456"
    yield _one("no-plus-national", ours("no-plus-national", british, at), becomes=NO_NUMBER)
    yield _one(
        "no-plus-international",
        ours("no-plus-international", british, at),
        to="international",
        person=f"+{british}",
        becomes={"country": "GB"},
    )
    nowhere = {"event": "ended", "ref": "path-not-there", "at": int(at.timestamp() * 1000)}
    yield _one("path-not-there", nowhere, to="when", becomes=NO_NUMBER)


def _one(
    id: str,
    body: Any,
    *,
    to: str = "mapped-json",
    person: str | None = None,
    becomes: Mapping[str, Any] = ASKED,
    **how: Any,
) -> Told:
    content = body if isinstance(body, bytes) else raw(body)
    becomes = {**(ASKED if person else {}), **becomes}
    sent = Sent(to=to, body=content, **how)
    return Told(id=id, sent=(sent,), call=id, person=person, becomes=becomes)


def _odd(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    """One odd byte or value; by HTTP, and as a record of the source's topic."""
    odd: Sequence[tuple[str, bytes, bytes, Mapping[str, Any], Mapping[str, Any]]] = (
        ("nan", b'"talk_seconds": 60', b'"talk_seconds": nan', {"talk": None}, {}),
        ("latin-1", b"Jose", b"Jos\xe9", {"name": 4}, {"customer_name": "Jose"}),
        ("bom", b"{", b"\xef\xbb\xbf{", {"queue": "billing"}, {}),
        ("long-name", b"", b"", {"name": 200}, {"customer_name": "n" * 300}),
        ("sixty-tags", b"", b"", {"tags": 50}, {"tags": [f"t{n}" for n in range(60)]}),
    )
    for by_topic in (False, True):
        for name, old, new, becomes, changes in odd:
            call, person = f"{name}-{'topic' if by_topic else 'http'}", customer(next(people))
            body = raw(ours(call, person, at, **changes)).replace(old, new, 1)
            yield _one(call, body, person=person, becomes=becomes, by_topic=by_topic)


def _mapped(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    person = customer(next(people))
    body = {"event": "ended", "ref": "when", "phone": person, "at": int(at.timestamp() * 1000)}
    ringing = Sent(
        to="when",
        body=raw(body | {"event": "ringing"}),
        status=200,
        answer={"why": "not_selected"},
    )
    ended = Sent(to="when", body=raw(body))
    yield Told(id="when", sent=(ringing, ended), call="when", person=person, becomes=ASKED)
    person = customer(next(people))
    form = f"CallSid=form&From=%2B{person[1:]}&To=%2B{LINE[1:]}&CallDuration=229"
    yield _one(
        "form",
        form.encode(),
        to="twilio",
        person=person,
        becomes={"talk": 229},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        query="queue=sales",
    )
    person = customer(next(people))
    query = f"CallSid=query&From=%2B{person[1:]}&To=%2B{LINE[1:]}&CallDuration=60&queue=sales"
    how: Any = {"query": query, "method": "GET"}
    yield _one("query", b"", to="twilio", person=person, becomes={"queue": "sales"}, **how)
    gap = {"ref": "gap", "event": "ended", "phone": customer(next(people)), "local": GAP}
    yield _one("gap", gap, to="local", becomes={"reason": "too_old", "gap": "ended_at"})
    person = customer(next(people))
    short = ours("brief", person, at, queue="brief", started_at=_iso(at, 10))
    del short["talk_seconds"]
    yield _one("brief", short, becomes={"reason": "talk_time"})
    for first, second in (("rang", "talked"), ("talked", "rang")):
        person, call = customer(next(people)), f"{first}-first"
        rows = {
            "rang": ours(call, person, at, ending="missed", agent_id="a-1", talk_seconds=0),
            "talked": ours(call, person, at, agent_id="a-2"),
        }
        sent = tuple(Sent(to="mapped-json", body=raw(rows[row])) for row in (first, second))
        becomes = {"reason": None, "agents": ["a-2"], "transfers": 0, "differing": 1}
        yield Told(id=call, sent=sent, call=call, person=person, becomes=becomes)


GAP = "2026-03-08 02:30:00"  # New York's clocks sprang from 2 to 3


def _iso(at: datetime, before: float = 0) -> str:
    return (at - timedelta(seconds=before)).isoformat()


def _events(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    person = customer(next(people))
    odd = event("null-type", person, ended_at=at) | {"datacontenttype": None}
    yield _one("null-type", odd, to="events", person=person, headers=CE_JSON)
    person = customer(next(people))
    small = event("small-z", person, ended_at=at)
    small["data"]["ended_at"] = f"{at.astimezone(UTC):%Y-%m-%dt%H:%M:%S}z"
    yield _one("small-z", small, to="events", person=person, headers=CE_JSON)
    person = customer(next(people))
    quoted = {
        f"ce-{name}": f'"{value}"' for name, value in event("q", "").items() if name != "data"
    }
    data = event("quoted", person, ended_at=at)["data"]
    yield _one("quoted", data, to="events", person=person, headers=quoted)
    other = event("other", "", ended_at=at) | {"type": "com.example.ticket.reassigned"}
    yield _no_call("unknown-type", other, status=200, answer={"why": "other_type"}, headers=CE_JSON)
    packed = gzip.compress(raw(event("packed", customer(0), ended_at=at)))
    yield _no_call("gzip", packed, status=415, headers={**CE_JSON, "Content-Encoding": "gzip"})
    yield _no_call("handshake", b"", status=200, method="OPTIONS")
    person = customer(next(people))
    body = ours("signed", person, at)
    signed_at = datetime.now(UTC)
    secret = SECRETS["AFTERCALL_SECRET_E2E_HOOK"]  # shown without its `whsec_`
    headers = {
        "Content-Type": "application/json",
        "webhook-id": "msg_live",
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_live", signed_at, raw(body).decode()),
    }
    yield _one("signed", body, to="hooks", person=person, headers=headers, signed=True)


def _no_call(id: str, body: Any, *, to: str = "events", **how: Any) -> Told:
    content = body if isinstance(body, bytes) else raw(body)
    return Told(id=id, sent=(Sent(to=to, body=content, **how),))


def _vendors_ask() -> Iterator[Told]:
    validation = {"event": "endpoint.url_validation", "payload": {"plainToken": "abc123"}}
    answer = {"plainToken": "abc123"}
    yield _no_call("zoom-asks", validation, to="zoom", status=200, answer=answer)
    asks = {"Validation-Token": "1b2c"}
    said = {"why": "handshake"}
    yield _no_call("ringcentral-asks", b"", to="ring", status=200, answer=said, headers=asks)
