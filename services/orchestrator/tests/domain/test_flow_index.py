"""Flows are found by the line and the queue of a call, in memory that grows as they do."""

import tracemalloc
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from common.config import Config, Flow
from common.config.conditions import Conditions
from orchestrator.domain import flow_index
from orchestrator.domain.compiled import CompiledWorkspace, compile_config
from orchestrator.domain.flow_index import FlowIndex
from orchestrator.testing import config, flow

LINES = ("+12025550101", "+12025550102", "+12025550103")
QUEUES = ("a", "b", "c")


def compiled(*flows: Flow) -> CompiledWorkspace:
    return compile_config(Config(1, {"acme": config(*flows)})).workspaces["acme"]


@st.composite
def some_flows(draw: st.DrawFn) -> Sequence[Flow]:
    def names(of: Sequence[str]) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(of), unique=True, max_size=2)))

    return [
        flow(
            f"f{number}",
            priority=draw(st.integers(-1, 1)),
            when=Conditions(numbers=names(LINES[:2]), queues=names(QUEUES[:2])),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


@given(some_flows(), st.integers(0, 3))
def test_those_are_found_that_name_the_line_and_the_queue_or_none(
    flows: Sequence[Flow], remembered: int
) -> None:
    workspace = compiled(*flows)
    most, flow_index.MOST_REMEMBERED = flow_index.MOST_REMEMBERED, remembered
    try:
        for _ in range(2):
            for line in (*LINES, None):
                for queue in (*QUEUES, None):
                    assert workspace.candidates(line, queue) == tuple(
                        one
                        for one in workspace.flows
                        if one.numbers is None or line in one.numbers
                        if one.queues is None or queue in one.queues
                    )
    finally:
        flow_index.MOST_REMEMBERED = most


def test_many_lines_and_many_queues_are_not_multiplied() -> None:
    """Five thousand by a thousand were half a gigabyte and eight seconds for everybody."""
    workspace = compiled(
        flow("lines", when=Conditions(numbers=tuple(f"+1202555{n:04}" for n in range(5_000)))),
        flow("queues", when=Conditions(queues=tuple(f"q{n}" for n in range(1_000)))),
    )
    tracemalloc.start()
    try:
        index = FlowIndex(workspace.flows)
        for number in range(5_000):
            index.find(f"+1202555{number:04}", f"q{number % 1_000}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert {one.flow.id for one in index.find("+12025550001", "q1")} == {"lines", "queues"}
    assert peak < 20_000_000


def test_what_is_found_together_is_remembered_to_a_bound() -> None:
    workspace = compiled(*(flow(f"f{n}") for n in range(100)), *_of_queues(3_000))

    for number in range(3_000):
        workspace.candidates(None, f"q{number}")

    assert workspace.index._remembered <= flow_index.MOST_REMEMBERED + 200


def _of_queues(count: int) -> Sequence[Flow]:
    return [flow("queues", when=Conditions(queues=tuple(f"q{n}" for n in range(1_000))))] * (
        count // 1_000
    )
