"""A call that looks real, in the body that a vendor would post."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sandbox.pbx import aircall, freeswitch, myoperator
from sandbox.pbx.calls import QUEUES, Kind, PbxCall, Post

TALKED = timedelta(seconds=95)
RANG = timedelta(seconds=12)
VENDORS = ("aircall", "freeswitch", "myoperator")  # whose format is theirs alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`to` is the customer, who is texted if asked. Numbers in E.164."""

    to: str
    our_number: str
    queue: str

    def event(self, workspace: str | None, now: datetime) -> bytes:
        """A CloudEvent that is marked as a test: it is asked about and counted nowhere."""
        call_id = f"test-{secrets.token_hex(6)}"
        data = {
            "id": call_id,
            "kind": "call",
            "ending": "connected",
            "direction": "inbound",
            "address": self.to,
            "our_number": self.our_number,
            "queue": self.queue,
            "started_at": (now - TALKED - RANG).isoformat(),
            "agent_answered_at": (now - TALKED).isoformat(),
            "ended_at": now.isoformat(),
            "talk_seconds": TALKED.total_seconds(),
            "legs": [{"agent_id": "101", "agent_name": "Asha Rao", "queue": self.queue}],
            "test": True,
        }
        event = {
            "specversion": "1.0",
            "id": f"ended-{call_id}",
            "source": "/aftercall/send-test-event",
            "type": "interaction.ended.v1",
            "time": now.isoformat(),
            "workspace": workspace,
            "data": data,
        }
        return json.dumps({name: value for name, value in event.items() if value}).encode()

    def of_vendor(self, vendor: str, now: datetime, *, token: str = "") -> Post:
        """The vendor's own body, which has no word for a test. `token`: of an Aircall webhook."""
        match vendor:
            case "freeswitch":
                return freeswitch.ended(self._call(vendor, str(uuid4()), now), self.to)
            case "myoperator":
                call = self._call(vendor, secrets.token_hex(8), now)
                body = json.loads(myoperator.ended(call, self.to).body)
                for leg in body["_ld"]:
                    leg["_did"] = self.our_number
            case _:
                call = self._call(vendor, str(secrets.randbelow(10**9)), now)
                body = json.loads(aircall.ended(call, self.to, token=token).body)
                body["data"]["number"]["digits"] = self.our_number
        return Post(json.dumps(body).encode())

    def _call(self, vendor: str, call_id: str, now: datetime) -> PbxCall:
        return PbxCall(
            vendor=vendor,
            call_id=call_id,
            kind=Kind.CONNECTED,
            ending="connected",
            direction="inbound",
            customer=self.to,
            queue=self.queue,
            agents=QUEUES["billing"].agents[:1],
            started_at=now - TALKED - RANG,
            answered_at=now - TALKED,
            ended_at=now,
            quality=1.0,
            our_number=self.our_number,
        )
