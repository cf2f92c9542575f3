"""Bodies that the customer writes, by the source's own map of them, -> Call."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from common.config.mapping import (
    ATTRIBUTE,
    MAPPED,
    REQUIRED,
    TIMES,
    WHEN,
    Condition,
    Rule,
    Rules,
    SourceMapping,
    paths_of,
    read_mapping,
)
from common.config.mapping_faults import validate_mapping
from common.config.models import Source
from common.errors import BadInput
from common.events.calls import Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain.call import Call, ending_of
from ingest.domain.clipping import word
from ingest.domain.mapped_body import MappedBody, mapped_body
from ingest.domain.mapping import holds, shown, value_of
from ingest.domain.parties import sides
from ingest.domain.times import is_in_gap
from ingest.domain.vendor import Inbound, NoEnd, Vendor

ENDINGS = {ending.value: ending for ending in Ending}
DIRECTIONS = {one: Direction(one) for one in Direction.words()}
KINDS = {one: Kind(one) for one in Kind.words()}
NOT_TOLD = "(not told)"  # an address that was not where the map has it: nobody withheld it
PARTIES = frozenset({"address", "caller", "callee"})
GAP = "local_time_in_gap"  # attribute: times that no clock of the zone showed


@dataclass(frozen=True, slots=True)
class Step:
    """How one field came about: where it was looked for, and what was found."""

    field: str
    said: str
    wrong: bool = False


def parse(inbound: Inbound, source: Source) -> Call | NoEnd:
    mapping = read_mapping(source.mapping)
    body = _body(inbound, mapping)
    if mapping.when is not None and not holds(mapping.when, body):
        return NoEnd.NOT_SELECTED
    told: dict[str, Any] = {}
    for name, rule in mapping.rules.items():
        value = _value(body, name, rule, inbound, source)
        if value is not None and value != "":
            told[name] = value
        elif name in PARTIES and any(body.has(path) for path in paths_of(rule.path)):
            told[name] = ""  # said to be nobody's
        elif name in REQUIRED:
            raise BadInput.at(next(iter(paths_of(rule.path)), rule.template or name), "is required")
    return _call(told, gaps=_gaps(body, mapping.rules, source))


def _body(inbound: Inbound, mapping: SourceMapping) -> MappedBody:
    """Raises `BadInput` where no path of the map can lead into it: nothing is said by that."""
    body = mapped_body(inbound)
    paths = [path for path in mapping.paths if not path.startswith("?")]
    if isinstance(body.root, dict) or not paths:
        return body
    if isinstance(body.root, list) and any(path.startswith("[") for path in paths):
        return body
    raise BadInput.at("", "must be an object")


def _value(body: MappedBody, name: str, rule: Rule, inbound: Inbound, source: Source) -> object:
    """Only what a call cannot do without may refuse it."""
    try:
        return value_of(body, name, rule, zone=source.zone, received_at=inbound.received_at)
    except BadInput:
        if name in REQUIRED:
            raise
        return None


def _call(told: dict[str, Any], gaps: str) -> Call:
    ending, attributes = ending_of(str(told.pop("ending")).lower(), ENDINGS)
    attributes |= {
        name.removeprefix(ATTRIBUTE): str(told.pop(name))
        for name in [*told]
        if name.startswith(ATTRIBUTE)
    }
    if gaps:
        attributes[GAP] = gaps
    kind = KINDS.get(str(told.pop("kind", Kind.CALL)).lower(), Kind.UNKNOWN)
    told |= {"kind": kind, "ending": ending, "attributes": attributes}
    told["id"] = str(told["id"])
    parties, legs = _parties(told), _legs(told)
    # Bounds are those of every vendor; here only shapes are at stake.
    return Call(**(told | parties | legs))


def _parties(told: dict[str, Any]) -> dict[str, Any]:
    """Takes caller and callee out of what was told."""
    direction = DIRECTIONS.get(str(told.pop("direction", "")).lower())
    caller, callee = told.pop("caller", None), told.pop("callee", None)
    if caller is None and callee is None:
        return {"direction": direction, "address": told.get("address", NOT_TOLD)}
    caller, callee = (NOT_TOLD if one is None else one for one in (caller, callee))
    customer, ours, direction = sides(caller, callee, direction)
    known = None if ours in ("", NOT_TOLD) else ours
    return {
        "direction": direction,
        "address": customer,
        "our_number": known or told.get("our_number"),
    }


def _legs(told: dict[str, Any]) -> dict[str, Any]:
    """Takes the agent out of what was told; a mapped body knows at most one."""
    agent: dict[str, Any] = {
        name: word(str(told.pop(name)))
        for name in ("agent_id", "agent_name", "team")
        if name in told
    }
    if not any(agent.values()):
        return {}
    leg = Leg(**agent, queue=word(told.get("queue")), talk_seconds=told.get("talk_seconds"))
    return {"legs": (leg,)}


def _gaps(body: MappedBody, rules: Rules, source: Source) -> str:
    """Times that were read and that no clock showed."""
    return ", ".join(
        name for name in sorted(TIMES & rules.keys()) if _in_gap(body, rules[name], source)
    )


def _in_gap(body: MappedBody, rule: Rule, source: Source) -> bool:
    _, raw = body.first(paths_of(rule.path))
    return raw is not None and is_in_gap(raw, how=rule.time, zone=rule.zone or source.zone)


def explained(inbound: Inbound, source: Source) -> Iterator[Step]:
    """How the map reads a body, field by field. Raises `BadInput` for what is no body at all."""
    mapping = read_mapping(source.mapping)
    body = _body(inbound, mapping)
    if mapping.when is not None:
        yield from _explained_condition(mapping.when, body)
    for name, rule in mapping.rules.items():
        if source.mapping or any(body.has(path) for path in paths_of(rule.path)):
            yield _explained(body, name, rule, inbound, source)


def _explained(body: MappedBody, name: str, rule: Rule, inbound: Inbound, source: Source) -> Step:
    where = rule.template or " or ".join(paths_of(rule.path)) or "its value"
    try:
        value = value_of(body, name, rule, zone=source.zone, received_at=inbound.received_at)
    except BadInput as error:
        wrong = error.errors[0]
        return Step(name, f"{where}: {wrong.field or 'it'} {wrong.message}", wrong=True)
    _, raw = body.first(paths_of(rule.path))
    if value in (None, "", ()):
        found = (
            f"{shown(raw)}, of which nothing can be made" if raw is not None else "nothing there"
        )
        return Step(name, f"{where}: {found}", wrong=name in REQUIRED)
    said = f"{where}: {shown(value)}"
    if raw is not None and str(raw) != str(value):
        said = f"{where}: {shown(raw)} -> {shown(value)}"
    gap = (
        "; no clock of the zone showed it" if name in TIMES and _in_gap(body, rule, source) else ""
    )
    return Step(name, said + gap)


def _explained_condition(one: Condition, body: MappedBody, depth: int = 0) -> Iterator[Step]:
    verdict = _verdict(one, body)
    indent = "  " * depth
    groups = {"any": one.any, "all": one.all, "none": one.none}
    for name, parts in groups.items():
        if parts is not None:
            yield Step(WHEN, f"{indent}{name} of these: {verdict}", wrong=verdict != "holds")
            for part in parts:
                yield from _explained_condition(part, body, depth + 1)
    if one.path is not None:
        path, value = body.first(paths_of(one.path))
        found = "nothing there" if value is None else shown(value)
        yield Step(WHEN, f"{indent}{path}: {found}: {verdict}", wrong=verdict != "holds")


def _verdict(one: Condition, body: MappedBody) -> str:
    try:
        return "holds" if holds(one, body) else "does not hold"
    except BadInput as error:
        return f"cannot be judged: {error}"


vendor = Vendor(slug=MAPPED, parse=parse, check=validate_mapping)
