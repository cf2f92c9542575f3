"""Builders: a survey, steps, callers, and a workspace's configuration."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from common import events
from common.config.store import Document
from common.events.questionnaire import Band, Option, Question, QuestionKind, Questionnaire
from common.events.sends import Step, StepKind
from common.events.values import Channel, Metric
from common.ids import contact_id, derived, invitation_id, step_id
from common.time import utc_now

WORKSPACE = "acme"
PEPPER = "pepper of the tests"
OURS = "+12025550190"
NUMBERS = {WORKSPACE: OURS, "beta": "+12025550191", "gamma": "+12025550192"}
CALLER = "+12025550101"
TOKEN = "12345678901234567890123456789012"  # noqa: S105 - of the simulated carrier

SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(
        Question(id="score", kind=QuestionKind.RATING, text="How was it, 1 to 5?", low=1, high=5),
        Question(id="why", kind=QuestionKind.COMMENT, text="Why?"),
    ),
)

# Whoever is unhappy is asked for a reason; whoever calls about the internet, for its speed, too.
BRANCHING = structs.replace(
    SURVEY,
    questions=(
        SURVEY.questions[0],
        Question(
            id="product",
            kind=QuestionKind.CHOICE,
            text="What was it about?",
            low=1,
            high=3,
            options=(
                Option(id="phone", text="Telephone"),
                Option(id="net", text="Internet"),
                Option(id="tv", text="TV and radio"),
            ),
        ),
        Question(
            id="speed",
            kind=QuestionKind.RATING,
            text="How fast is it, 1 to 5?",
            low=1,
            high=5,
            chosen={"product": ("net",)},
        ),
        Question(id="why", kind=QuestionKind.COMMENT, text="Why?", only=(Band.LOW,)),
    ),
)


def sid(workspace: str = WORKSPACE) -> str:
    """The carrier's name of a workspace's account."""
    return f"AC{derived('account', workspace).hex}"


def person(number: int) -> str:
    """A telephone number that is nobody else's here."""
    return f"+1202{5_551_000 + number}"


def contact_of(number: str = CALLER, *, workspace: str = WORKSPACE) -> UUID:
    return contact_id(PEPPER.encode(), workspace, number)


def step(
    number: str = CALLER, *, workspace: str = WORKSPACE, name: str = "c1", **changes: Any
) -> Step:
    """The first ask of a caller about a call of that name."""
    invitation = invitation_id(derived("interaction", workspace, number, name), "flow")
    return structs.replace(
        Step(
            id=step_id(invitation, changes.get("number", 0)),
            invitation_id=invitation,
            interaction_id=derived("interaction", workspace, number, name),
            contact_id=contact_of(number, workspace=workspace),
            kind=StepKind.ASK,
            number=0,
            channel=Channel.SMS,
            address=number,
            flow_id="flow",
            flow_version=1,
            questionnaire=SURVEY,
            expires_at=utc_now() + timedelta(hours=4),
            answers_until=utc_now() + timedelta(hours=24),
            variables={"brand": "Acme"},
        ),
        **changes,
    )


def documents(
    base_url: str,
    *,
    workspace: str = WORKSPACE,
    account: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
) -> list[Document]:
    """A workspace with one account, one sender number and one enabled flow."""
    own = {"number": NUMBERS[workspace], "per_second": 1000, **(sender or {})}
    bodies: dict[str, dict[str, Any]] = {
        "workspace": {"id": workspace, "name": "Acme"},
        "account": {
            "id": "main",
            "base_url": base_url,
            "account_sid": sid(workspace),
            "auth_token": "env:AFTERCALL_SECRET_CARRIER_TOKEN",
            "senders": [own],
            "timeout": "2s",
            "in_flight": 100,
            **(account or {}),
        },
        "flow": {"id": "flow", "survey": "after-call", "enabled": True},
    }
    return [
        Document(workspace=workspace, kind=kind, id=body["id"], body=body)
        for kind, body in bodies.items()
    ]


def enveloped(fact: Any, *, workspace: str = WORKSPACE) -> events.Envelope[Any]:
    return events.envelope(
        fact,
        aggregate=getattr(fact, "id", None) or fact.step_id,
        revision=1,
        source="/orchestrator",
        time=utc_now(),
        workspace=workspace,
    )
