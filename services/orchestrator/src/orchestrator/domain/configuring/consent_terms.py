"""For how long a yes is good: only where one is needed."""

from collections.abc import Iterator

from common.config import ConsentPolicy, WorkspaceConfig
from common.errors import FieldError
from orchestrator.domain.configuring.places import Places

NO_YES = "only with the policy opt_in: elsewhere people are asked without a yes"


def needless_ends(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Of what changes."""
    if ("workspace", config.workspace.id) not in places.changed:
        return
    for index, one in enumerate(config.workspace.consent):
        if one.expires_after is not None and one.policy is not ConsentPolicy.OPT_IN:
            field = f"consent.{index}.expires_after"
            yield places.error("workspace", config.workspace.id, field, NO_YES)
