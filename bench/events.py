"""What the bench feeds: interactions of about one kilobyte, half of them to be asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from common import ids
from common.bus import Message
from common.config.store import Document
from common.events import encode, envelope
from common.events.calls import Interaction, Leg
from common.events.values import Direction, Ending, Kind
from common.topics import INTERACTIONS
from sandbox.pbx.numbers import AREA_CODES

WORKSPACE = "bench"
PEPPER = b"the pepper of the bench"
PEOPLE = 400_000
AREAS = len(AREA_CODES) * 8  # with numbers that begin alike
QUEUES = ("billing", "support", "sales", "claims")
SENDER = "+16465550150"
LINE = "+12025550190"


def configuration() -> list[Document]:
    """Four flows of which half of the calls are asked, with caps, sampling and consent at work."""
    question = {
        "id": "score",
        "kind": "rating",
        "scale": [0, 10],
        "text": {"en": "{brand}: how likely are you to recommend us? Reply 0 to 10."},
    }
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("workspace", {"id": WORKSPACE, "name": "Bench", "daily_ceiling": 10**9,
                       "caps": [{"asks": 3, "per": "30d"}]}),
        ("number", {"number": LINE}),
        ("account", {"id": "carrier", "account_sid": "ACbench",
                     "auth_token": "env:AFTERCALL_SECRET_BENCH_TOKEN",
                     "base_url": "http://127.0.0.1:9", "senders": [{"number": SENDER}]}),
        ("survey", {"id": "nps", "metric": "nps", "questions": [question]}),
        *(("flow", {"id": f"{queue}-nps", "survey": "nps", "enabled": True, "sampling_rate": 0.6,
                    "when": {"queues": [queue]}}) for queue in QUEUES),
    ]  # fmt: skip
    return [
        Document(workspace=WORKSPACE, kind=kind, id=body.get("id") or body["number"], body=body)
        for kind, body in bodies
    ]


def number(person: int) -> str:
    """Neighbours live in different places, so that no ceiling of numbers that begin alike holds."""
    line, area = divmod(person, AREAS)
    exchange, code = divmod(area, len(AREA_CODES))
    return f"+1{AREA_CODES[code]}{2 + exchange}{line:06}"


def ended(number: str, *, line: str = LINE, queue: str = "billing") -> dict[str, Any]:
    """A CloudEvent: the call of this number, which is to be asked, has just ended."""
    return {
        "specversion": "1.0",
        "id": f"ended-{number}",
        "source": "/pbx/bench",
        "type": "interaction.ended.v1",
        "data": {
            "id": number,
            "kind": "call",
            "ending": "connected",
            "address": number,
            "ended_at": datetime.now(UTC).isoformat(),
            "direction": "inbound",
            "our_number": line,
            "queue": queue,
            "talk_seconds": 60,
        },
    }


def interactions(count: int, *, seed: int) -> Iterator[Message]:
    """`count` calls that just ended, as ingest publishes them."""
    draw = Random(seed)
    now = datetime.now(UTC).replace(microsecond=0)
    for index in range(count):
        call = _call(index, seed, draw, now)
        event = envelope(
            call, aggregate=call.id, revision=0, source="/ingest", time=call.ended_at,
            workspace=WORKSPACE,
        )  # fmt: skip
        yield Message(INTERACTIONS, str(call.contact_id).encode(), encode(event))


def _call(index: int, seed: int, draw: Random, now: datetime) -> Interaction:
    person = draw.randrange(PEOPLE)
    address = number(person)
    ended_at = now - timedelta(seconds=draw.randrange(600))
    talk = draw.choice((3.0, 45.0, 90.0, 120.0, 300.0, 400.0))
    queue = draw.choice(QUEUES)
    agent = draw.randrange(40)
    return Interaction(
        id=ids.interaction_id(WORKSPACE, "pbx", f"{seed}-{index}"),
        workspace=WORKSPACE,
        kind=Kind.CALL,
        ending=Ending.CONNECTED,
        address=address,
        ended_at=ended_at,
        contact_id=ids.contact_id(PEPPER, WORKSPACE, address),
        source="pbx",
        call_id=f"{seed}-{index}",
        direction=Direction.INBOUND,
        our_number=LINE,
        country="US",
        queue=queue,
        legs=(Leg(agent_id=f"a-{agent}", agent_name=f"Agent {agent}", team="day", queue=queue),),
        started_at=ended_at - timedelta(seconds=talk + 20),
        wait_seconds=20.0,
        talk_seconds=talk,
        tags=("refund",),
        attributes={
            "crm": f"{person:08}",
            "plan": "gold",
            "campaign": "autumn-renewal-2026",
            "ivr_path": "main>billing>invoice>agent",
            "recording": f"https://recordings.example.com/2026/11/{seed}-{index}.ogg",
            "topics": "invoice, late fee, refund requested, plan change",
        },
    )
