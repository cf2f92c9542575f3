"""Builders for tests: every default is a call that is asked about; name only what matters."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from common.config import (
    Account,
    Conditions,
    Config,
    Flow,
    Number,
    Question,
    SenderNumber,
    Survey,
    TwilioSmsAccount,
    Workspace,
    WorkspaceConfig,
)
from common.events import Envelope, Trace, encode, envelope, head_of
from common.events.calls import Interaction, Leg
from common.events.questionnaire import QuestionKind
from common.events.values import Direction, Ending, Kind, Metric
from common.ids import contact_id, interaction_id
from orchestrator.domain.compiled import CompiledWorkspace, compile_config
from orchestrator.domain.interaction_view import InteractionView, view_of

NOW = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
PEPPER = b"pepper of the tests"
CALLER = "+12025550101"
LINE = "+12025550190"
SENDER = "+16465550150"


def address(number: int) -> str:
    """A telephone number that is nobody else's here."""
    return f"+1202{5_551_000 + number}"


def call(name: str = "c1", **changes: Any) -> Interaction:
    """An inbound call to the billing queue that was talked in for two minutes, a minute ago."""
    facts: dict[str, Any] = {
        "workspace": "acme",
        "source": "pbx",
        "kind": Kind.CALL,
        "ending": Ending.CONNECTED,
        "direction": Direction.INBOUND,
        "address": CALLER,
        "ended_at": NOW - timedelta(minutes=1),
        "our_number": LINE,
        "queue": "billing",
        "country": "US",
        "talk_seconds": 120.0,
        "legs": (Leg(agent_id="a1", agent_name="Ana", queue="billing"),),
        **changes,
    }
    workspace, number = facts["workspace"], facts["address"]
    facts.setdefault("contact_id", number and contact_id(PEPPER, workspace, number))
    facts.setdefault("id", interaction_id(workspace, facts["source"] or "", name))
    return Interaction(call_id=name, **facts)


def call_now(name: str = "c1", **changes: Any) -> Interaction:
    """A call that ends now, for an application that lives in real time."""
    # A moment ahead: a flow does not ask about calls from before it was enabled.
    return call(name, **{"ended_at": datetime.now(UTC) + timedelta(seconds=1), **changes})


def ended(interaction: Interaction) -> Envelope[Interaction]:
    """As ingest tells it."""
    return envelope(
        interaction,
        aggregate=interaction.id,
        revision=0,
        source="/ingest",
        time=interaction.ended_at,
        workspace=interaction.workspace,
    )


def viewed(interaction: Interaction, *, traceparent: Trace = UNSET) -> InteractionView:
    """As the orchestrator reads it."""
    return view_of(head_of(encode(structs.replace(ended(interaction), traceparent=traceparent))))


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` returns once it is true."""
    async with asyncio.timeout(90):
        while not (found := await look()):  # noqa: ASYNC110 - the API tells nobody
            await asyncio.sleep(0.05)
    return found


def contact_of(number: str = CALLER, *, workspace: str = "acme") -> UUID:
    return contact_id(PEPPER, workspace, number)


def flow(name: str = "csat-flow", *, when: Conditions | None = None, **changes: Any) -> Flow:
    """Switched on long ago, for connected inbound calls."""
    facts: dict[str, Any] = {
        "survey": "csat",
        "enabled": True,
        "version": 1,
        "enabled_since": NOW - timedelta(days=365),
        "when": when or Conditions(),
        **changes,
    }
    return Flow(id=name, **facts)


def survey(name: str = "csat", **changes: Any) -> Survey:
    facts: dict[str, Any] = {
        "metric": Metric.CSAT,
        "version": 1,
        "questions": (
            Question(
                id="score",
                kind=QuestionKind.RATING,
                scale=(1, 5),
                text={"en": "{brand}: rate us 1 to 5", "es": "{brand}: de 1 a 5"},
            ),
        ),
        **changes,
    }
    return Survey(id=name, **facts)


def account(**changes: Any) -> Account:
    facts: dict[str, Any] = {
        "id": "twilio",
        "account_sid": "AC1",
        "auth_token": "secret:twilio",
        "senders": (SenderNumber(number=SENDER),),
        **changes,
    }
    return TwilioSmsAccount(**facts)


def config(
    *flows: Flow,
    surveys: tuple[Survey, ...] | None = None,
    numbers: tuple[Number, ...] = (),
    accounts: tuple[Account, ...] | None = None,
    **workspace: Any,
) -> WorkspaceConfig:
    """The workspace acme; without flows it has one that asks about every call."""
    chosen = flows or (flow(),)
    lines = (Number(number=LINE), *numbers)
    return WorkspaceConfig(
        workspace=Workspace(**{"id": "acme", "name": "Acme", **workspace}),
        flows={one.id: one for one in chosen},
        surveys={one.id: one for one in surveys or (survey(),)},
        numbers={number.number: number for number in lines},
        accounts={one.id: one for one in ((account(),) if accounts is None else accounts)},
    )


def compiled(*flows: Flow, version: int = 1, **changes: Any) -> CompiledWorkspace:
    """`config(...)`, compiled."""
    return compile_config(Config(version, {"acme": config(*flows, **changes)})).workspaces["acme"]


def documents(**changes: Any) -> dict[str, Any]:
    """A configuration file of acme; `flow`, `workspace`, `texts` change those documents."""
    return {
        "workspaces": [{"id": "acme", "name": "Acme", **changes.get("workspace", {})}],
        "numbers": [{"number": LINE}, *changes.get("numbers", ())],
        "accounts": changes.get(
            "accounts",
            [
                {
                    "id": "twilio",
                    "account_sid": "AC1",
                    "auth_token": "secret:twilio",
                    "senders": [{"number": SENDER}],
                }
            ],
        ),
        "surveys": [
            {
                "id": "csat",
                "metric": "csat",
                "texts": changes.get("texts", {}),
                "questions": [
                    {
                        "id": "score",
                        "kind": "rating",
                        "scale": [1, 5],
                        "text": {
                            "en": "{brand}: rate us 1 to 5",
                            "es": changes.get("survey_text", "{brand}: de 1 a 5"),
                        },
                    }
                ],
            }
        ],
        "flows": [
            {"id": "csat-flow", "survey": "csat", "enabled": True, **changes.get("flow", {})}
        ],
    }
