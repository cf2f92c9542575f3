"""Every topic: which types it carries, what it is keyed by, how long it is kept, who writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PREFIX = "aftercall"
INTAKE_PREFIX = f"{PREFIX}.intake."
DEAD_SUFFIX = ".dead"


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table below; `retention_days` and `partitions` are the defaults we create."""

    name: str
    types: tuple[str, ...]
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int = 6
    retention_days: int = 7


INTERACTIONS = f"{PREFIX}.interactions"
DECISIONS = f"{PREFIX}.decisions"
DELIVERIES = f"{PREFIX}.deliveries"
RESPONSES = f"{PREFIX}.responses"
CONSENT = f"{PREFIX}.consent"
ERASURES = f"{PREFIX}.erasures"
CALLBACKS = f"{PREFIX}.callbacks"
STEPS = f"{PREFIX}.steps."

# Which service asks on which channel. A new sender adds its line: its topic and its grants follow,
# and flows on its channel can be enabled.
SERVED: Mapping[str, str] = {
    "sms": "sms-sender",
    "ivr": "ivr-gateway",
    "whatsapp": "whatsapp-sender",
}
SENDERS = tuple(SERVED.values())
STEPS_SMS = f"{STEPS}sms"
STEPS_IVR = f"{STEPS}ivr"
STEPS_WHATSAPP = f"{STEPS}whatsapp"
TOPICS: Sequence[Topic] = (
    Topic(
        INTERACTIONS,
        ("interaction.ended.v1", "interaction.amended.v1"),
        "contact_id",
        ("ingest",),
        ("orchestrator",),
        partitions=12,
        retention_days=28,
    ),
    Topic(
        DECISIONS,
        ("decision.made.v1",),
        "contact_id",
        ("orchestrator",),
        ("analytics", "closed-loop"),
    ),
    *(
        Topic(
            f"{STEPS}{channel}",
            ("step.due.v1", "step.cancelled.v1", "note.due.v1"),
            "contact_id",
            ("orchestrator",),
            (sender,),
        )
        for channel, sender in SERVED.items()
    ),
    Topic(  # the orchestrator reports the steps that no sender ever had, or took
        DELIVERIES,
        ("delivery.changed.v1",),
        "contact_id",
        ("orchestrator", *SENDERS),
        ("orchestrator", "analytics"),
    ),
    Topic(
        RESPONSES,
        ("response.changed.v1",),
        "contact_id",
        SENDERS,
        ("orchestrator", "analytics", "closed-loop"),
    ),
    Topic(
        CONSENT,
        ("consent.changed.v1", "contact.erased.v1"),
        "contact_id",
        ("orchestrator", *SENDERS),
        ("orchestrator", *SENDERS, "analytics", "ingest", "closed-loop"),
    ),
    Topic(  # who has deleted what they held about a contact
        ERASURES,
        ("erasure.done.v1",),
        "contact_id",
        (*SENDERS, "analytics", "ingest", "closed-loop"),
        ("orchestrator",),
    ),
    Topic(CALLBACKS, (), "hash of the event key", SENDERS, SENDERS),
)
BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}


def steps(channel: str) -> str:
    """The topic a channel's sender reads."""
    return f"{STEPS}{channel}"


def intake(source: str) -> str:
    """The topic a vendor writes."""
    return f"{INTAKE_PREFIX}{source}"


def dead(topic: str) -> str:
    """Where records go that cannot be used."""
    return f"{topic}{DEAD_SUFFIX}"


def partitions() -> dict[str, int]:
    """What must exist before anything runs: every topic, and its dead topic (one partition)."""
    wanted = {topic.name: topic.partitions for topic in TOPICS}
    return wanted | {dead(name): 1 for name in wanted}
