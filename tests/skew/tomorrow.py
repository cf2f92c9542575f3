"""Puts what a newer version writes into a running platform: its documents and its events."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from common.bus import Message
from common.bus.kafka import KafkaBus
from common.config.store import Document, save
from common.events import TYPES
from common.topics import TOPICS, steps
from tests.e2e.world import World
from tests.skew.recording import DOCUMENTS, EVENTS, Recorded, document

WORKSPACE = "tomorrow"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def write_documents(world: World, tenant: str) -> None:
    """A workspace that cannot be read, and one of every kind that cannot, or not wholly, beside the
    documents of a tenant. Accounts that can be read would be sent from: they are left out.
    """
    workspace = {"id": WORKSPACE, "name": "Tomorrow", "quiet_hours": {"from": "21:00"}}
    found = [Document(workspace=WORKSPACE, kind="workspace", id=WORKSPACE, body=workspace)]
    for path in DOCUMENTS:
        one = document(path)
        if one.kind != "workspace" and not (one.kind == "account" and one.readable):
            found.append(_of_tenant(one, path, tenant))
    async with world.db.transaction() as connection:
        await save(connection, found, by="a newer version")


def _of_tenant(one: Recorded, path: Path, tenant: str) -> Document:
    """Under an id of its own."""
    if "number" in one.body:
        return Document(workspace=tenant, kind=one.kind, id=one.id, body=one.body)
    body = {**one.body, "id": f"{tenant}-{path.stem}"}
    return Document(workspace=tenant, kind=one.kind, id=body["id"], body=body)


async def publish_events(world: World, phase: str) -> set[UUID]:
    """Every recorded event, of people and calls of this phase; the calls that must be counted."""
    events = [_event(path, phase) for path in EVENTS]
    bus = KafkaBus(world.kafka, namespace=world.namespace)
    try:
        await bus.publish(
            [Message(_topic(one), _key(one["data"]), json.dumps(one).encode()) for one in events]
        )
    finally:
        await bus.close()
    return {UUID(call) for one in events for call in _counted(one["type"], one["data"])}


def _event(path: Path, phase: str) -> Any:
    text = _UUID.sub(lambda id: str(uuid5(NAMESPACE_URL, phase + id[0])), path.read_text())
    return json.loads(text.replace('"workspace": "acme"', f'"workspace": "{WORKSPACE}"'))


def _counted(kind: str, data: Any) -> list[str]:
    """The call that an event makes a fact of."""
    if kind == "interaction.ended.v1":
        return [data["id"]]
    if kind == "decision.made.v1":
        return [data["interaction"]["id"]]
    if kind in ("delivery.changed.v1", "response.changed.v1"):
        return [data["interaction_id"]]
    return [data["interaction_id"]] if kind == "step.due.v1" and data["channel"] == "sms" else []


def _topic(event: Any) -> str:
    """Steps of a channel that is not known come to a sender that is there."""
    assert event["type"] in TYPES
    if event["type"].startswith("step."):
        return steps("sms")
    return next(topic.name for topic in TOPICS if event["type"] in topic.types)


def _key(data: Any) -> bytes:
    told = data.get("interaction", data)
    return str(told.get("contact_id") or told["id"]).encode()
