"""Which calls a person may end: of the demo's queues, or of any that their own flows are about."""

from collections.abc import Mapping
from typing import Any, Protocol
from zlib import crc32

from sandbox.messages import is_number
from sandbox.pbx.calls import QUEUES, Agent
from sandbox.pbx.numbers import LINES
from sandbox.phone.refusals import Refusal, Trouble, Unknown
from sandbox.phone.switch import EndedCall, Switch

CHANNELS = ("sms", "whatsapp", "ivr")
Given = Mapping[str, Any]  # queue, agent, channel, number, agrees; absent ones are None


class Desk(Protocol):
    """What may be chosen, and the call that was."""

    async def choices(self) -> Mapping[str, Any]: ...

    def call(self, given: Given) -> EndedCall:
        """Raises `Refusal`."""
        ...


class OfTheDemo:
    """Its queues and agents; the channel is a tag of the call, by which its flows differ."""

    async def choices(self) -> Mapping[str, Any]:
        queues = [
            {
                "name": queue.name,
                "metric": queue.metric,
                "agents": [{"id": agent.id, "name": agent.name} for agent in queue.agents],
            }
            for queue in QUEUES.values()
        ]
        return {"own": False, "queues": queues}

    def call(self, given: Given) -> EndedCall:
        queue = QUEUES.get(given["queue"])
        who = (
            next((one for one in queue.agents if one.id == given["agent"]), None) if queue else None
        )
        if queue is None or who is None or given["channel"] not in CHANNELS:
            raise Unknown("no such queue, agent or channel")
        return EndedCall(
            queue=queue.name,
            agent=who,
            line=queue.line,
            tags=(f"by-{given['channel']}",),
            agrees=bool(given["agrees"]) if given["channel"] == "whatsapp" else None,
        )


class OfOwnFlows:
    """Any queue, agent and number; those of the workspace's flows are proposed."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    async def choices(self) -> Mapping[str, Any]:
        """Also while the platform does not answer: then there is nothing to propose."""
        try:
            flows = await self._switch.flows()
        except Trouble:
            flows = []
        conditions = [flow.get("when") or {} for flow in flows if flow.get("enabled")]
        agents = [agent.name for queue in QUEUES.values() for agent in queue.agents]
        return {
            "own": True,
            "flows": len(conditions),
            "queues": _named(conditions, "queues", QUEUES),
            "numbers": _named(conditions, "numbers", LINES.values()),
            "agents": agents,
        }

    def call(self, given: Given) -> EndedCall:
        number = given["number"] or LINES["billing"]
        if not is_number(number):
            raise Refusal("the number that was called is one such as +12025550190")
        name = given["agent"]
        return EndedCall(
            queue=given["queue"],
            agent=Agent(str(crc32(name.encode()) % 100_000), name, "agent@example.com", 1.0),
            line=number,
            agrees=bool(given["agrees"]),
        )


def _named(conditions: list[Mapping[str, Any]], what: str, otherwise: Any) -> list[str]:
    found = dict.fromkeys(name for one in conditions for name in one.get(what) or ())
    return list(found or otherwise)
