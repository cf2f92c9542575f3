"""The snapshot of all configuration that a service works with."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from common.config.accounts import Account
from common.config.models import KINDS, Flow, Number, NumberUse, Source, Survey, Workspace
from common.database import Connection, Database
from common.phone import country_of

_ADAPTERS = {kind: TypeAdapter(model) for kind, model in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceConfig:
    """Everything of one workspace, by id. Numbers are keyed by E.164."""

    workspace: Workspace
    sources: Mapping[str, Source] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)

    @property
    def countries(self) -> frozenset[str]:
        """Where people may be asked: as set, else the countries of the workspace's own numbers."""
        if self.workspace.countries:
            return frozenset(self.workspace.countries)
        own = [n.number for n in self.numbers.values() if n.use is NumberUse.LINE]
        own += [s.number for account in self.accounts.values() for s in account.senders]
        return frozenset(country for number in own if (country := country_of(number)))


@dataclass(frozen=True, slots=True)
class Config:
    """All workspaces as of one `config.version`."""

    version: int
    workspaces: Mapping[str, WorkspaceConfig]

    def source(self, source: str) -> tuple[WorkspaceConfig, Source] | None:
        """The source of that id and its workspace; ids of sources are unique."""
        for workspace in self.workspaces.values():
            if source in workspace.sources:
                return workspace, workspace.sources[source]
        return None


def parse_document(
    kind: str, body: Mapping[str, Any], *, version: int = 0, enabled_since: Any = None
) -> Any:
    """A document's meaning. Raises pydantic's `ValidationError`."""
    value = _ADAPTERS[kind].validate_python(body)
    if kind == "survey":
        return replace(value, version=version)
    if kind == "flow":
        return replace(value, version=version, enabled_since=enabled_since)
    return value


def assemble(version: int, rows: list[Any]) -> Config:
    """Rows of `config.current_documents` -> snapshot. Documents without workspace are left out."""
    grouped: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        value = parse_document(
            row["kind"], row["body"], version=row["version"], enabled_since=row["enabled_since"]
        )
        of_kind = grouped.setdefault(row["workspace"], {}).setdefault(row["kind"], {})
        of_kind[value.id] = value
    return Config(
        version,
        {
            name: WorkspaceConfig(
                workspace=kinds["workspace"][name],
                **{f"{kind}s": kinds.get(kind, {}) for kind in KINDS if kind != "workspace"},
            )
            for name, kinds in grouped.items()
            if name in kinds.get("workspace", {})
        },
    )


class ConfigReader:
    """Follows `config.version`; one per process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._config: Config | None = None
        self._looked_at = 0.0

    async def current(
        self, connection: Connection | None = None, *, max_age: float = 0.0
    ) -> Config:
        """The newest committed configuration; one cheap statement when nothing moved.

        `max_age` in seconds lets a caller that is asked very often skip that statement.
        Give `connection` to read within its transaction.
        """
        if self._config and time.monotonic() - self._looked_at < max_age:
            return self._config
        if connection is not None:
            return await self._refresh(connection)
        before = self._looked_at
        self._looked_at = time.monotonic()  # one looks; with a `max_age`, others need not wait
        try:
            async with self._db.connection() as own:
                return await self._refresh(own)
        except BaseException:
            self._looked_at = before
            raise

    async def workspace(self, name: str, *, max_age: float) -> WorkspaceConfig | None:
        """One made a moment ago is found too: what is missing is looked for anew."""
        for age in (max_age, 0.0):
            if found := (await self.current(max_age=age)).workspaces.get(name):
                return found
        return None

    async def source(self, source: str, *, max_age: float) -> tuple[WorkspaceConfig, Source] | None:
        """Likewise; None when there is no such source."""
        for age in (max_age, 0.0):
            if found := (await self.current(max_age=age)).source(source):
                return found
        return None

    async def _refresh(self, connection: Connection) -> Config:
        looked_at = time.monotonic()
        version = await connection.fetchval("select version from config.current_version")
        if self._config is None or self._config.version != version:
            rows = await connection.fetch(
                "select v.version as config_version, d.* from config.current_version v"
                " left join config.current_documents d on true"
            )
            documents = [row for row in rows if row["kind"] is not None]
            self._config = assemble(rows[0]["config_version"], documents)
        self._looked_at = looked_at
        return self._config
