"""Which steps a call that a switch names can be about."""

from typing import Any, cast

from channel.incoming.ringing import MOST_FLOWS, steps_about
from common import ids
from common.config import Workspace, WorkspaceConfig
from common.config.models import LONGEST_PLAN


def _with_flows(count: int) -> WorkspaceConfig:
    workspace = Workspace(id="acme", name="Acme")
    flows = cast(Any, {f"flow-{number}": None for number in range(count)})  # their ids alone tell
    return WorkspaceConfig(workspace=workspace, flows=flows)


def test_it_may_be_any_step_of_any_flow() -> None:
    interaction = ids.interaction_id("acme", "pbx", "42")
    wanted = ids.step_id(ids.invitation_id(interaction, "flow-1"), LONGEST_PLAN - 1)

    steps = steps_about(_with_flows(2), source="pbx", call_id="42")

    assert wanted in steps
    assert len({*steps}) == 2 * LONGEST_PLAN


def test_ten_thousand_flows_of_one_workspace_cost_no_more_than_some_hundred() -> None:
    steps = steps_about(_with_flows(10_000), source="pbx", call_id="42")

    assert len(steps) == MOST_FLOWS * LONGEST_PLAN
