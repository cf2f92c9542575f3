"""How often a flow asks, as far as its form has no fields for it."""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def caps_of(flow: Document) -> tuple[list[Document], list[Document]]:
    """(those of one person, which the form shows; those of agents, teams and queues)."""
    caps = flow.get("caps")
    listed = caps if isinstance(caps, list | tuple) else []
    known = [one if isinstance(one, Mapping) else {} for one in listed]
    shared = [one for one in known if one.get("by", "contact") != "contact"]
    return [one for one in known if one not in shared], shared


def limits_in_words(flow: Document) -> list[str]:
    """What the form has no fields for."""
    caps = flow.get("caps") if isinstance(flow.get("caps"), list) else []
    quotas = flow.get("quotas") if isinstance(flow.get("quotas"), list) else []
    found = [_cap_in_words(cap) for cap in caps or () if isinstance(cap, Mapping) and len(cap) > 2]
    found += [_quota_in_words(one) for one in quotas or () if isinstance(one, Mapping)]
    aim = flow.get("aim")
    found += [_aim_in_words(aim)] if isinstance(aim, Mapping) else []
    return [*found, *([f"one in {flow['one_in']} of these calls"] if flow.get("one_in") else [])]


def _cap_in_words(cap: Document) -> str:
    of = " ".join(f"of the {name} {cap[name]}" for name in ("metric", "survey") if cap.get(name))
    whose = f"for each {cap.get('by', 'contact')}"
    return " ".join(filter(None, [f"{cap.get('asks')} asks", of, whose, f"in {cap.get('per')}"]))


def _aim_in_words(aim: Document) -> str:
    by = aim.get("by", "agent")
    whose = "" if by == "flow" else f" for each {by}"
    return (
        f"as many as bring about {aim.get('answers')} answers{whose} each {aim.get('per', 'week')}"
    )


def _quota_in_words(quota: Document) -> str:
    by = quota.get("by", "flow")
    whose = "" if by == "flow" else f" for each {by}"
    return f"{quota.get('asks')} asks by this flow{whose} each {quota.get('per')}"
