"""The compiled configuration, compiled again when its version moved."""

from common.config import ConfigReader
from common.database import Connection
from orchestrator.domain.plan import Plan, compile_plan


class Plans:
    """One per process."""

    def __init__(self, reader: ConfigReader) -> None:
        self._reader = reader
        self._plan: Plan | None = None

    async def current(self, connection: Connection) -> Plan:
        """As of the newest committed version; call it inside the gate."""
        config = await self._reader.current(connection)
        if self._plan is None or self._plan.version != config.version:
            self._plan = compile_plan(config)
        return self._plan
