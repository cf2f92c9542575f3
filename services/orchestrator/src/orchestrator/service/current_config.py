"""The compiled configuration, compiled again when its version moved."""

from common.config import ConfigReader
from common.database import Connection
from orchestrator.domain.compiled import CompiledConfig, compile_config
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.repository.consent import do_not_contact


class CurrentConfig:
    """One per process."""

    def __init__(self, reader: ConfigReader, ceilings: Ceilings | None = None) -> None:
        self._reader = reader
        self._ceilings = ceilings or Ceilings()
        self._compiled: CompiledConfig | None = None

    async def get(self, connection: Connection) -> CompiledConfig:
        """As of the newest committed version; call it holding the configuration lock."""
        config = await self._reader.current(connection)
        if self._compiled is None or self._compiled.version != config.version:
            lists = await lists_of(connection)
            self._compiled = compile_config(config, self._ceilings, lists)
        return self._compiled


async def lists_of(connection: Connection) -> dict[str, dict[int, str]]:
    """A list that is loaded, made or dropped moves the version too."""
    found: dict[str, dict[int, str]] = {}
    for one in await do_not_contact.in_force(connection):
        words = f"list {one.id}, loaded {one.loaded_at:%Y-%m-%d}"
        found.setdefault(one.workspace, {})[one.load] = words
    return found
