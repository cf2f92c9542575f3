"""Bodies that the customer writes, by the source's own map of them, -> Call."""

from typing import Any

from common import events
from common.config.mapping import ATTRIBUTE, MAPPED, REQUIRED, rules, validate_mapping
from common.config.models import Source
from common.errors import BadInput
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import decoded
from ingest.domain.call import Call, ending_of
from ingest.domain.mapping import value_of
from ingest.domain.parties import sides
from ingest.domain.vendor import Inbound, Vendor

ENDINGS = {ending.value: ending for ending in Ending}
DIRECTIONS = {word: Direction(word) for word in Direction.words()}


def parse(inbound: Inbound, source: Source) -> Call:
    body = decoded(inbound.body)
    mapped = rules(source.mapping)
    told = {name: value_of(body, name, rule, zone=source.zone) for name, rule in mapped.items()}
    told = {name: value for name, value in told.items() if value is not None}
    for name in REQUIRED:
        if name not in told:
            raise BadInput.at((name in mapped and mapped[name].path) or name, "is required")
    ending, attributes = ending_of(str(told.pop("ending")).lower(), ENDINGS)
    attributes |= {
        name.removeprefix(ATTRIBUTE): str(told.pop(name))
        for name in [*told]
        if name.startswith(ATTRIBUTE)
    }
    told |= {"kind": told.get("kind", Kind.CALL), "ending": ending, "attributes": attributes}
    parties, legs = _parties(told), _legs(told)
    return events.parse(told | parties | legs, Call, at="call")


def _parties(told: dict[str, Any]) -> dict[str, Any]:
    """Takes caller and callee out of what was told."""
    direction = DIRECTIONS.get(str(told.pop("direction", "")).lower())
    caller, callee = told.pop("caller", ""), told.pop("callee", "")
    if not caller and not callee:
        return {"direction": direction, "address": told.get("address", "")}
    customer, ours, direction = sides(caller, callee, direction)
    return {"direction": direction, "address": customer, "our_number": ours or None}


def _legs(told: dict[str, Any]) -> dict[str, Any]:
    """Takes the agent out of what was told; a mapped body knows at most one."""
    agent = {name: told.pop(name) for name in ("agent_id", "agent_name", "team") if name in told}
    if not agent:
        return {}
    told_of_all = {name: told[name] for name in ("queue", "talk_seconds") if name in told}
    return {"legs": [agent | told_of_all]}


vendor = Vendor(slug=MAPPED, parse=parse, check=validate_mapping)
