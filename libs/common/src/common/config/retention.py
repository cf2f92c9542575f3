"""How long workspaces keep what is about people."""

from collections.abc import Iterable
from datetime import timedelta

from common.config.reader import ConfigReader

AGE = 60.0  # seconds that the configuration may be old


async def kept(reader: ConfigReader, kinds: Iterable[str]) -> list[tuple[str, str, timedelta]]:
    """(workspace, kind, how long); none of a workspace whose document cannot be read."""
    config = await reader.current(max_age=AGE)
    found = [
        (name, kind, getattr(one.workspace.retention, kind))
        for name, one in config.workspaces.items()
        if ("workspace", name) not in one.unreadable
        for kind in kinds
    ]
    return [one for one in found if one[2] is not None]
