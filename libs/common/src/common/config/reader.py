"""The snapshot of all configuration that a service works with."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from common.config.accounts import Account
from common.config.documents import Document, read_document, salvaged
from common.config.links import Link
from common.config.models import KINDS, Flow, Number, NumberUse, Source, Workspace
from common.config.surveys import Survey
from common.database import Connection, Database, Row
from common.errors import BadInput, Retry
from common.phone import country_of
from common.sealing import Sealed
from common.telemetry import logging
from common.telemetry.metrics import UNREADABLE_DOCUMENTS

log = logging.get(__name__)
_REST = 2.0  # seconds until a database that was away is looked for again
Key = tuple[str, str]  # kind, id
Place = tuple[str, str, str]  # workspace, kind, id


class Stored(NamedTuple):
    """What a document's meaning depends on."""

    version: int
    enabled_since: datetime | None
    body: Any


Parsed = dict[Place, tuple[Stored, Document | BadInput | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceConfig:
    """Everything of one workspace, by id. Numbers are keyed by E.164.

    `unreadable` are the documents that this version cannot read, and why: each is out of use, and
    the workspace's own takes all flows with it. `passed_over`: paths of what it does not know in
    documents that it uses. `unknown_kinds`: how many documents there are of each.
    """

    workspace: Workspace
    sources: Mapping[str, Source] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    unreadable: Mapping[Key, BadInput] = field(default_factory=dict)
    passed_over: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    unknown_kinds: Mapping[str, int] = field(default_factory=dict)

    def is_unclear(self, flow: str) -> bool:
        """Whether this version cannot say if the flow is on, and what it asks."""
        if ("workspace", self.workspace.id) in self.unreadable or ("flow", flow) in self.unreadable:
            return True
        known = self.flows.get(flow)
        return known is not None and ("survey", known.survey) in self.unreadable

    def links_of(self, called: str | None) -> Mapping[str, Link]:
        """By id, for whoever called that number: its own over the workspace's."""
        number = self.numbers.get(called or "")
        return {**self.workspace.links, **(number.links if number else {})}

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

    def flow_is_on(self, workspace: str, flow_id: str | None) -> bool | None:
        """None: its document cannot be read by this version."""
        known = self.workspaces.get(workspace)
        if known is None:
            return False
        if known.is_unclear(flow_id or ""):
            return None
        flow = known.flows.get(flow_id or "")
        return flow is not None and flow.enabled

    def source(self, source: str) -> tuple[WorkspaceConfig, Source] | None:
        """The source of that id and its workspace; ids of sources are unique."""
        for workspace in self.workspaces.values():
            if source in workspace.sources:
                return workspace, workspace.sources[source]
        return None

    def has_unreadable(self, kind: str, document: str) -> bool:
        """Whether any workspace has such a document that this version cannot read."""
        return any((kind, document) in one.unreadable for one in self.workspaces.values())


def assemble(version: int, rows: Iterable[Any], before: Parsed | None = None) -> Config:
    """Rows of `config.current_documents` -> snapshot. Documents without workspace are left out.

    What cannot be read is out of use alone. `before` has what was parsed for the last snapshot;
    it is brought up to date, so that a change costs a parse of what changed.
    """
    known: Parsed = {} if before is None else before
    parsed: Parsed = {}
    grouped: dict[str, list[Place]] = {}
    for row in rows:
        place = (row["workspace"], row["kind"], row["id"])
        grouped.setdefault(row["workspace"], []).append(place)
        stored = Stored(row["version"], row["enabled_since"], row["body"])
        found = known.get(place)
        parsed[place] = found if found and found[0] == stored else (stored, _read(row))
    known.clear()
    known.update(parsed)
    found_in = {name: _of_workspace(name, places, parsed) for name, places in grouped.items()}
    return Config(version, {name: found for name, found in found_in.items() if found is not None})


def _read(row: Any) -> Document | BadInput | None:
    """None: of a kind that this version does not know. It is kept, and nobody here needs it."""
    if row["kind"] not in KINDS:
        return None
    try:
        found = read_document(
            row["kind"], row["body"], version=row["version"], enabled_since=row["enabled_since"]
        )
    except BadInput as error:
        return error
    except Exception as error:  # a bug of ours: it must not stop everybody else
        where = {"workspace": row["workspace"], "kind": row["kind"], "document": row["id"]}
        log.error("document_failed", exc_info=error, **where)
        return BadInput.at("", f"reading it failed with {type(error).__name__}")
    if found.value.id != row["id"]:
        return BadInput.at("id", f"is {found.value.id}, and the document is {row['id']}")
    return found


def _of_workspace(name: str, places: Sequence[Place], parsed: Parsed) -> WorkspaceConfig | None:
    values: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    unreadable: dict[Key, BadInput] = {}
    passed_over: dict[Key, tuple[str, ...]] = {}
    unknown: Counter[str] = Counter()
    for _, kind, identity in places:
        stored, found = parsed[name, kind, identity]
        if found is None:
            unknown[kind] += 1
            continue
        if isinstance(found, BadInput):
            unreadable[kind, identity] = found
            if kind != "workspace":
                continue
            value = salvaged(name, stored.body)
        else:
            value = found.value
            if found.passed_over:
                passed_over[kind, identity] = found.passed_over
        values[kind][identity] = value
    workspace = values.pop("workspace").get(name)
    if workspace is None:
        return None
    if ("workspace", name) in unreadable:  # nobody is asked by rules that are not known
        values["flow"] = {}
    return WorkspaceConfig(
        workspace=workspace,
        unreadable=unreadable,
        passed_over=passed_over,
        unknown_kinds=unknown,
        **{f"{kind}s": of_kind for kind, of_kind in values.items()},
    )


def _tell(config: Config) -> None:
    """The gauge of unreadable documents; kinds that are not known are not unreadable."""
    count = Counter(kind for one in config.workspaces.values() for kind, _ in one.unreadable)
    for kind in KINDS:
        UNREADABLE_DOCUMENTS.labels(kind).set(count[kind])


async def _sealed(connection: Connection) -> Sequence[Row]:
    """None for a role that has no business with them."""
    found: Sequence[Row] = []
    may = "select has_table_privilege('config.current_secrets', 'select')"
    if await connection.fetchval(may):
        found = await connection.fetch("select * from config.current_secrets")
    return found


class ConfigReader:
    """Follows `config.version`; one per process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._config: Config | None = None
        self._parsed: Parsed = {}
        self._sealed: Mapping[tuple[str, str], Sealed] = {}
        self._looked_at = 0.0
        self._known_at = 0.0  # when the look began that made this configuration known
        self._looking = asyncio.Lock()

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

    def sealed(self, workspace: str, name: str) -> Sealed | None:
        """A secret of that workspace, as of the configuration that was read last."""
        return self._sealed.get((workspace, name))

    async def workspace(self, name: str, *, max_age: float) -> WorkspaceConfig | None:
        """One made a moment ago is found too: what is missing is looked for anew."""
        if found := (await self._current_or_last(max_age)).workspaces.get(name):
            return found
        return (await self._anew()).workspaces.get(name)

    async def source(self, source: str, *, max_age: float) -> tuple[WorkspaceConfig, Source] | None:
        """Likewise; None when there is no such source."""
        if found := (await self._current_or_last(max_age)).source(source):
            return found
        return (await self._anew()).source(source)

    async def _anew(self) -> Config:
        """As of now. One looks for all that wait, so that names that are made up cost little."""
        asked_at = time.monotonic()
        async with self._looking:
            if self._config is not None and self._known_at > asked_at:
                return self._config
            return await self.current()

    async def _current_or_last(self, max_age: float) -> Config:
        """While the database is away: the last one for who takes it a moment old.

        Who is not in it may be new, and is told to come again (`Retry`).
        """
        try:
            return await self.current(max_age=max_age)
        except Retry:
            if self._config is None or not max_age:
                raise
            self._looked_at = time.monotonic() + _REST - max_age  # nobody else waits meanwhile
            return self._config

    async def _refresh(self, connection: Connection) -> Config:
        looked_at = time.monotonic()
        version = await connection.fetchval("select version from config.current_version")
        if self._config is None or self._config.version != version:
            rows = await connection.fetch(
                "select v.version as config_version, d.* from config.current_version v"
                " left join config.current_documents d on true"
            )
            documents = [row for row in rows if row["kind"] is not None]
            sealed = await _sealed(connection)
            self._sealed = {(r["workspace"], r["name"]): Sealed(r["key"], r["box"]) for r in sealed}
            self._config = assemble(rows[0]["config_version"], documents, self._parsed)
            _tell(self._config)
        self._looked_at = self._known_at = looked_at
        return self._config
