"""The outside world of a drill: a slow carrier, people who answer together, PBXs that insist."""

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping
from typing import Any

from sandbox.carrier import Carrier
from sandbox.faults import Fault, Faults, Trouble
from sandbox.messages import Account
from sandbox.pbx.calls import Kind
from sandbox.pbx.numbers import LINES
from sandbox.pbx.ours import MAPPING
from sandbox.personas import Habit

WORKSPACE = "drill"
ACCOUNT = "drill-carrier"
SID = "ACd1000000000000000000000000000000"
SENDERS = ("+16465550150", "+13125550151", "+14155550152", "+12065550153")
SECRETS = {
    "AFTERCALL_SECRET_DRILL_TOKEN": "the-token-of-the-account-of-drills",
    "AFTERCALL_SECRET_DRILL_SOURCE": "the-secret-of-every-source-of-drills",
}
SOURCES = {
    "aircall": "drill-aircall",
    "freeswitch": "drill-freeswitch",
    "myoperator": "drill-myoperator",
    "mapped-json": "drill-mapped",
}
CAP = 1
SETTLE = "2s"  # FreeSWITCH tells calls in parts here
# Most people answer, and write more than once: replies must be in flight.
HABITS: Mapping[Habit, float] = {
    Habit.ANSWERS: 24,
    Habit.COMMENTS: 36,
    Habit.CORRECTS: 10,
    Habit.QUICK: 8,
    Habit.TWICE: 6,
    Habit.NONSENSE_FIRST: 6,
    Habit.STOPS: 2,
    Habit.STOPS_LATER: 3,
    Habit.IGNORES: 5,
}
KINDS: Mapping[Kind, float] = {
    Kind.CONNECTED: 84,
    Kind.TRANSFERRED: 5,
    Kind.REPEAT: 6,
    Kind.SHORT: 2,
    Kind.MISSED: 3,
}


class Crowd(Carrier):
    """People have written and wait with sending, until as many as are wanted send at once."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.written = 0  # texts of people that left their phones
        self._held: deque[asyncio.Future[None]] = deque()
        self._open = False

    @property
    def held(self) -> int:
        """How many texts wait."""
        return len(self._held)

    def let_go(self, count: int | None = None) -> int:
        """So many texts are sent now, the longest waiting first; all from now on if None."""
        self._open = count is None
        going = list(itertools.islice(self._held, count))
        for one in going:
            self._held.popleft()
            one.set_result(None)
        return len(going)

    async def receive(self, person: str, to: str, **arguments: Any) -> str:
        if not self._open:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append(mine)
            await mine
        self.written += 1
        return await super().receive(person, to, **arguments)

    async def receive_now(self, person: str, to: str, body: str) -> None:
        """Somebody who waits for nobody."""
        self.written += 1
        await super().receive(person, to, body=body)


def slow(latency: float) -> Faults:
    """Seconds, the median."""
    fault = Fault(trouble=Trouble.SLOW, median=latency, p99=1.4 * latency)
    return Faults(rules=(fault,))


def account(public_url: str) -> Account:
    return Account(
        SECRETS["AFTERCALL_SECRET_DRILL_TOKEN"],
        numbers=SENDERS,
        inbound_url=f"{public_url}/v1/sms/callbacks/{ACCOUNT}/inbound",
    )


def configuration(carrier_url: str) -> dict[str, Any]:
    """The body of `PUT /v1/config`: one flow per queue, one of them delayed; one ask a week."""
    sources: list[dict[str, Any]] = [
        {
            "id": name,
            "vendor": vendor,
            "region": "US",
            "secrets": ["env:AFTERCALL_SECRET_DRILL_SOURCE"],
        }
        for vendor, name in SOURCES.items()
    ]
    sources[1]["settle"] = SETTLE
    sources[3]["mapping"] = MAPPING
    return {
        "workspaces": [
            {"id": WORKSPACE, "name": "Northwind", "caps": [{"asks": CAP, "per": "7d"}]}
        ],
        "sources": sources,
        "numbers": [{"number": number, "name": f"{queue} line"} for queue, number in LINES.items()],
        "accounts": [
            {
                "id": ACCOUNT,
                "account_sid": SID,
                "auth_token": "env:AFTERCALL_SECRET_DRILL_TOKEN",
                "base_url": carrier_url,
                "in_flight": 500,
                "timeout": "30s",
                "senders": [{"number": number, "per_second": 25} for number in SENDERS],
            }
        ],
        "surveys": [
            _survey("csat", [1, 5], "how satisfied were you, 1 (not at all) to 5 (very)?"),
            _survey("nps", [0, 10], "would you recommend us, 0 (not at all) to 10 (surely)?"),
            _survey("ces", [1, 7], "it was easy: 1 (strongly disagree) to 7 (strongly agree)?"),
        ],
        "flows": [
            _flow("billing", "csat"),
            _flow("support", "nps"),
            _flow("sales", "ces") | {"delay": "3s"},
        ],
    }


def _survey(metric: str, scale: list[int], text: str) -> dict[str, Any]:
    return {
        "id": metric,
        "metric": metric,
        "questions": [
            {"id": "score", "kind": "rating", "scale": scale, "text": {"en": f"{{brand}}: {text}"}},
            {"id": "why", "kind": "comment", "text": {"en": "Thank you! What is the reason?"}},
        ],
    }


def _flow(queue: str, survey: str) -> dict[str, Any]:
    when = {"queues": [queue], "directions": ["inbound", "outbound"]}
    return {"id": f"{queue}-{survey}", "survey": survey, "enabled": True, "when": when}
