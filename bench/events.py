"""What the bench feeds: interactions of about one kilobyte, half of them to be asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

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


def configuration(flows: Sequence[dict[str, Any]] = (), *, asks: int = 3) -> list[Document]:
    """Four flows of which half of the calls are asked, with caps, sampling and consent at work.

    `flows`: others instead, as far as they differ. `asks`: of a person in 30 days.
    """
    flows = flows or [{"id": f"{queue}-nps", "when": {"queues": [queue]}} for queue in QUEUES]
    question = {
        "id": "score",
        "kind": "rating",
        "scale": [0, 10],
        "text": {"en": "{brand}: how likely are you to recommend us? Reply 0 to 10."},
    }
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("workspace", {"id": WORKSPACE, "name": "Bench", "daily_ceiling": 10**9,
                       "caps": [{"asks": asks, "per": "30d"}]}),
        ("number", {"number": LINE}),
        ("account", {"id": "carrier", "account_sid": "ACbench",
                     "auth_token": "env:AFTERCALL_SECRET_BENCH_TOKEN",
                     "base_url": "http://127.0.0.1:9", "senders": [{"number": SENDER}]}),
        ("survey", {"id": "nps", "metric": "nps", "questions": [question]}),
        *(("flow", {"survey": "nps", "enabled": True, "sampling_rate": 0.6, **flow})
          for flow in flows),
    ]  # fmt: skip
    return [
        Document(workspace=WORKSPACE, kind=kind, id=body.get("id") or body["number"], body=body)
        for kind, body in bodies
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Whose calls, where they come in, and what is noted about them, as evenly as can be."""

    people: int = PEOPLE
    queues: Sequence[str] = QUEUES
    tags: Sequence[str] = ("refund",)


ANY = Mix()


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


def contact(person: int) -> UUID:
    return ids.contact_id(PEPPER, WORKSPACE, number(person))


def with_copies(messages: Iterable[Message]) -> Iterator[Message]:
    """One in a hundred comes again, fifty messages later."""
    for index, message in enumerate(messages):
        yield message
        if index % 100 == 0:
            again = message
        if index % 100 == 50:
            yield again


def interactions(count: int, *, seed: int, mix: Mix = ANY) -> Iterator[Message]:
    """`count` calls that just ended, as ingest publishes them."""
    draw = Random(seed)
    now = datetime.now(UTC).replace(microsecond=0)
    for index in range(count):
        call = _call(index, seed, draw, now, mix)
        event = envelope(
            call, aggregate=call.id, revision=0, source="/ingest", time=call.ended_at,
            workspace=WORKSPACE,
        )  # fmt: skip
        yield Message(INTERACTIONS, str(call.contact_id).encode(), encode(event))


def _call(index: int, seed: int, draw: Random, now: datetime, mix: Mix) -> Interaction:
    person = draw.randrange(mix.people)
    address = number(person)
    ended_at = now - timedelta(seconds=draw.randrange(600))
    talk = draw.choice((3.0, 45.0, 90.0, 120.0, 300.0, 400.0))
    queue = draw.choice(mix.queues)
    tag = draw.choice(mix.tags)
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
        tags=(tag,),
        attributes={
            "crm": f"{person:08}",
            "plan": "gold",
            "campaign": "autumn-renewal-2026",
            "ivr_path": "main>billing>invoice>agent",
            "recording": f"https://recordings.example.com/2026/11/{seed}-{index}.ogg",
            "topics": "invoice, late fee, refund requested, plan change",
        },
    )
