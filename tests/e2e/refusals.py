"""The table of bad input: what is sent, the status that answers, the field that is named."""

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.world import SECRETS, SOURCE_SECRET, Tenant, event, source

CALLER = "+12025550101"
MEGABYTE = 1024 * 1024
DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
JSON = "application/json"
NOBODYS = ("banana", "12", "+1", "sip:alice@example.com", "+999999999999999", "５５５", "1e9", "-1")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`field`: "" is the whole body, None: the answer names no field.

    `taken`: the name of a call that is accepted all the same; it must be decided `no_address`.
    """

    what: str
    status: int
    field: str | None
    path: str
    body: bytes
    headers: Mapping[str, str | bytes] = dataclasses.field(default_factory=dict)
    taken: str | None = None


def table(tenant: Tenant) -> list[Refusal]:
    """All rows, for one workspace."""
    return [
        *_bytes(tenant),
        *_fields(tenant),
        *_times(tenant),
        *_numbers(tenant),
        *_callers(tenant),
        *_aircall(tenant),
        *_others(tenant),
        *_signed(tenant),
    ]


def _events(tenant: Tenant) -> str:
    return f"/v1/events?workspace={tenant.name}"


def _source(tenant: Tenant, vendor: str) -> str:
    return f"/v1/sources/{source(tenant.name, vendor)}/calls/{SOURCE_SECRET}"


def _event(tenant: Tenant, **changes: Any) -> bytes:
    """A good event but for what changes; `data__x` changes a field of its data, None drops it."""
    body = event("never-taken", CALLER)
    for name, value in changes.items():
        part, key = (body["data"], name[6:]) if name.startswith("data__") else (body, name)
        part[key] = value
        if value is None:
            del part[key]
    return json.dumps(body).encode()


def _bytes(tenant: Tenant) -> Iterator[Refusal]:
    path = _events(tenant)
    yield Refusal("no body", 400, "", path, b"")
    yield Refusal("malformed JSON", 400, "", path, b'{"specversion": "1.0",')
    yield Refusal("two values", 400, "", path, _event(tenant) * 2)
    yield Refusal("not UTF-8", 400, "", path, b'{"id": "\xff\xfe"}')
    yield Refusal("deep nesting", 400, "", path, DEEP)
    yield Refusal("1 MB of blanks", 413, None, path, b" " * MEGABYTE)
    yield Refusal("a 1 MB field", 413, None, path, _event(tenant, data__queue="q" * MEGABYTE))
    yield Refusal("a list", 422, "", path, b"[]")
    yield Refusal("a number", 422, "", path, b"1")
    yield Refusal("plain text", 415, None, path, _event(tenant), {"Content-Type": "text/plain"})
    for vendor in ("aircall", "freeswitch", "myoperator", "mapped-json"):
        at = _source(tenant, vendor)
        yield Refusal(f"malformed JSON, {vendor}", 400, "", at, b'{"id": ')
        yield Refusal(f"deep nesting, {vendor}", 400, "", at, DEEP)
        yield Refusal(f"1 MB, {vendor}", 413, None, at, b"1" * MEGABYTE)


def _fields(tenant: Tenant) -> Iterator[Refusal]:
    wrong: Mapping[str, Any] = {
        "specversion": "0.3",
        "id": "",
        "type": "interaction.started.v1",
        "data": "a call",
        "workspace": "somebody-else",
        "datacontenttype": "text/xml",
        "data__id": 7,
        "data__kind": "fax",
        "data__ending": "exploded",
        "data__address": {"number": CALLER},
        "data__direction": "sideways",
        "data__queue": "q" * 201,
        "data__talk_seconds": "60",
        "data__wait_seconds": -1,
        "data__transfers": 1.5,
        "data__tags": "vip",
        "data__legs": [{}] * 51,
        "data__attributes": {"a": {"b": {"c": 1}}},
        "data__do_not_survey": "yes",
        "data__linked": [CALLER] * 11,
    }
    for name, value in wrong.items():
        field = name.replace("__", ".") + (".a" if "attributes" in name else "")
        body = _event(tenant, **{name: value})
        yield Refusal(f"{field} {str(value)[:20]}", 422, field, _events(tenant), body)
    for name in ("specversion", "source", "type", "data", "data__id", "data__ended_at"):
        field = name.replace("__", ".")
        body = _event(tenant, **{name: None})
        yield Refusal(f"no {field}", 422, field, _events(tenant), body)
    for name in ("id", "data__id", "data__queue", "data__address", "data__customer_name"):
        field = name.replace("__", ".")
        body = _event(tenant, **{name: "a\x00b"})
        yield Refusal(f"NUL in {field}", 422, field, _events(tenant), body)


def _times(tenant: Tenant) -> Iterator[Refusal]:
    now = datetime.now(UTC)
    wrong: Mapping[str, Any] = {
        "without a zone": now.replace(tzinfo=None).isoformat(),
        "a number": now.timestamp(),
        "a number as text": str(int(now.timestamp())),
        "no time": "yesterday",
        "of the future": (now + timedelta(hours=1)).isoformat(),
        "of the year 9999": "9999-12-31T23:59:59-12:00",
        "of the year 1969": "1969-07-20T20:17:40Z",
        "of the year 1": "0001-01-01T00:00:00+14:00",
    }
    for what, value in wrong.items():
        for name in ("ended_at", "started_at"):
            body = _event(tenant, **{f"data__{name}": value})
            yield Refusal(f"{name} {what}", 422, f"data.{name}", _events(tenant), body)


def _numbers(tenant: Tenant) -> Iterator[Refusal]:
    long = _event(tenant, data__address="9" * 201)
    yield Refusal("201 digits", 422, "data.address", _events(tenant), long)
    for index, number in enumerate(NOBODYS):
        name = f"nobody-{index}"
        body = _event(tenant, data__id=name, data__address=number)
        yield Refusal(f"the number {number}", 202, None, _events(tenant), body, taken=name)


def _callers(tenant: Tenant) -> Iterator[Refusal]:
    good, path = _event(tenant), _events(tenant)
    for what, given in {
        "no key": "",
        "a made-up key": "Bearer ac_0123456789abcdef_made-up",
        "another scheme": "Basic YWM6cGFzcw==",
        "a key with a NUL": "Bearer ac_%00_x",
    }.items():
        yield Refusal(what, 401, None, path, good, {"Authorization": given})
    unknown = path.replace(tenant.name, "nobody-at-all")
    yield Refusal("an unknown workspace", 422, "workspace", unknown, good)
    for what, source_path, status in (
        ("an unknown source", "/v1/sources/nobodys/calls/x", 404),
        ("a source with a slash", "/v1/sources/a%2Fb/calls/x", 404),
        ("a wrong secret", f"/v1/sources/{source(tenant.name, 'aircall')}/calls/guess", 401),
        ("no secret", f"/v1/sources/{source(tenant.name, 'aircall')}/calls", 401),
        ("a secret with a NUL", f"/v1/sources/{source(tenant.name, 'aircall')}/calls/%00", 400),
    ):
        yield Refusal(what, status, None, source_path, b"{}")


def _aircall(tenant: Tenant) -> Iterator[Refusal]:
    path, over = _source(tenant, "aircall"), int(datetime.now(UTC).timestamp())
    good: dict[str, Any] = {"id": 1, "ended_at": over, "raw_digits": CALLER}
    wrong: Mapping[str, dict[str, Any]] = {
        "data.id": {"id": None},
        "data.ended_at": {"ended_at": None},
        "call.ended_at": {"ended_at": over + 3600},
        "call.id": {"id": "i" * 201},
    }
    for field, changes in wrong.items():
        body = json.dumps({"event": "call.ended", "data": good | changes}).encode()
        yield Refusal(f"aircall, {field} {changes}"[:60], 422, field, path, body)
    endless = json.dumps({"event": "call.ended", "data": good | {"ended_at": 1e300}}).encode()
    yield Refusal("aircall, a time beyond all times", 422, "data.ended_at", path, endless)
    listed = b'{"event":"call.ended","data":[]}'
    yield Refusal("aircall, data is a list", 422, "data.ended_at", path, listed)


def _others(tenant: Tenant) -> Iterator[Refusal]:
    path = _source(tenant, "freeswitch")
    yield Refusal("freeswitch, no base64", 400, "cdr", path, b"cdr=~~~~")
    inner = base64.b64encode(b"\x00\x01")
    yield Refusal("freeswitch, base64 of nothing", 400, "", path, b"cdr=" + inner)
    leg: dict[str, Any] = {"channel_data": {"direction": "inbound"}, "callflow": []}
    for value in ([], {"end_epoch": "soon"}):
        body = json.dumps(leg | {"variables": value}).encode()
        yield Refusal(f"freeswitch, variables {value}", 422, "variables.end_epoch", path, body)
    path = _source(tenant, "myoperator")
    yield Refusal("myoperator, no form", 400, "myoperator", path, b"myoperator=&x")
    yield Refusal("myoperator, _et", 422, "_et", path, b'{"_ai": "a1", "_et": "soon"}')
    newer = {"data": {"call_id": "1", "duration_sec": 5}, "created_at": "2026-01-05T10:14:20"}
    yield Refusal("myoperator, no zone", 422, "created_at", path, json.dumps(newer).encode())
    path = _source(tenant, "mapped-json")
    yield Refusal("mapped, nothing", 422, "call.ref", path, b"{}")
    call: dict[str, Any] = {"ref": "r", "result": "ANSWERED", "finished_ms": "soon"}
    body = json.dumps({"call": call}).encode()
    yield Refusal("mapped, a time", 422, "call.finished_ms", path, body)


def _signed(tenant: Tenant) -> Iterator[Refusal]:
    path = f"/v1/sources/{tenant.name}-signed/calls/{SOURCE_SECRET}"
    body, other = signed_body("signed-never"), signed_body("signed-other")
    for what, signature in {
        "no signature": "",
        "a made-up signature": "0" * 64,
        "another body's signature": signature_of(other),
        "no hexadecimal signature": b"\xe9" * 64,
    }.items():
        yield Refusal(what, 401, None, path, body, {"X-MyOperator-Signature": signature})


def signed_body(call: str) -> bytes:
    """MyOperator's newer shape."""
    data = {"call_id": call, "duration_sec": 30, "answered_by": "Asha", "from": CALLER}
    now = datetime.now(UTC).isoformat()
    return json.dumps({"data": data, "created_at": now}).encode()


def signature_of(body: bytes) -> str:
    key = SECRETS["AFTERCALL_SECRET_E2E_SIGNING"].encode()
    return hmac.new(key, body, hashlib.sha256).hexdigest()
