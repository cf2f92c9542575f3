"""Calls end, callers answer, and the figures are those of the world's own ledger."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.callers import Callers
from sandbox.pbx.calls import QUEUES, Kind
from sandbox.pbx.play import play
from sandbox.pbx.scenario import SHARES, Style
from sandbox.truth import Truth, recompute
from tests.e2e.world import ONCE_A_WEEK, World, calls_end, demo

CALLS = 150
SEED = 11
# Test numbers count nowhere, so that asked + not asked is the number of calls.
KINDS = {kind: share for kind, share in SHARES.items() if kind is not Kind.TEST}


async def test_the_api_tells_what_the_ledger_knows(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("scores", flows=demo()["flows"], caps=ONCE_A_WEEK)
    told = await calls_end(
        CALLS,
        seed=SEED,
        shares=KINDS,
        style=Style(workspace=tenant.name, extras=True),
    )
    no = [{"address": n, "channel": "all", "state": "withdrawn"} for n in told.opted_out]
    await world.call("POST", "/v1/consent/import", json=no, workspace=tenant.name)
    callers = Callers(world.carrier, seed=SEED, late_after=1.0)
    tenant.hears(callers)

    played = await play(
        told.calls,
        tenant.urls(),
        headers=tenant.headers,
        ledger=world.carrier.ledger,
        had_call=callers.had_call,
    )
    assert set(played.statuses) == {200, 202}
    tenant.told.update(call.call_id for call in told.calls)
    funnel = await tenant.quiet(calls=CALLS)

    truth = recompute(tenant.entries())
    assert {call.vendor for call in told.calls} == {*tenant.urls()}
    assert _funnel(funnel) == _funnel_of(truth)
    assert funnel["calls"] == CALLS == funnel["asked"] + sum(funnel["not_asked"].values())
    assert _scores((await tenant.scores())["scores"]) == _scores_of(truth)
    assert await _by_queue(tenant) == {
        QUEUE_OF[metric]: score for metric, score in _scores_of(truth).items()
    }
    report = await tenant.audited()
    tell(f"scores: {_funnel(funnel)}; as (n, value, scores given) {_scores_of(truth)}\n{report}")


QUEUE_OF = {queue.metric: queue.name for queue in QUEUES.values()}


def _funnel(funnel: dict[str, Any]) -> dict[str, int]:
    return {name: funnel[name] for name in ("calls", "asked", "sent", "delivered", "answered")}


def _funnel_of(truth: Truth) -> dict[str, int]:
    return {
        "calls": truth.calls,
        "asked": truth.asked,
        "sent": truth.sent,
        "delivered": truth.delivered,
        "answered": truth.answered,
    }


def _scores(scores: list[dict[str, Any]]) -> dict[str, Any]:
    """metric -> (n, value, how often each score was given)."""
    return {
        score["metric"]: (
            score["n"],
            pytest.approx(score["value"]),
            {int(given): count for given, count in score["histogram"].items() if count},
        )
        for score in scores
        if score["n"]
    }


def _scores_of(truth: Truth) -> dict[str, Any]:
    values = {"nps": truth.nps, "csat": truth.csat, "ces": truth.ces}
    return {
        metric: (len(given), values[metric], {score: given.count(score) for score in given})
        for metric, given in truth.scores.items()
    }


async def _by_queue(tenant: Any) -> dict[str, Any]:
    """Each queue asks for one metric, so its score is that metric's."""
    groups = (await tenant.scores(by="queue"))["groups"]
    return {
        group["value"]: scores[0]
        for group in groups
        if (scores := list(_scores(group["scores"]).values()))
    }
