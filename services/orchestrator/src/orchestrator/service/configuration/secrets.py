"""Secrets of workspaces: written once, sealed, used by senders and ingest, never told."""

from dataclasses import dataclass

from common.config.store import advance, log_change
from common.database import Connection, Database, Row
from common.errors import Problem
from common.sealing import MasterKeys, Sealed
from orchestrator.domain.configuring.rights import own_secrets
from orchestrator.repository.configuration import documents, lock, secrets

MOST = 500  # of a workspace
_AT_ONCE = 500  # that are sealed again in one transaction


@dataclass(frozen=True, slots=True)
class WorkspaceSecrets:
    db: Database
    keys: MasterKeys

    async def put(self, workspace: str, name: str, value: str, *, by: str) -> int:
        """Its version. Raises `Problem` 404, 409."""
        if self.keys.current is None:
            raise Problem(409, "No master key", "The operator has to set AFTERCALL_MASTER_KEYS.")
        sealed = self.keys.seal(value, workspace=workspace, name=name)
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            if not await documents.exists(connection, workspace):
                raise Problem(404, "No such workspace")
            version = await secrets.put(connection, workspace, name, sealed=sealed, by=by)
            if len(await secrets.listed(connection, workspace)) > MOST:
                raise Problem(409, "Too many secrets", f"A workspace has at most {MOST}.")
            await _changed(connection, workspace, name, version=version, by=by)
        return version

    async def listed(self, workspace: str) -> list[Row]:
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await secrets.listed(connection, workspace)

    async def remove(self, workspace: str, name: str, *, by: str) -> None:
        """Raises `Problem` 404, 409 while a document refers to it."""
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            for row in await documents.documents(connection, workspace):
                if row["kind"] in ("account", "source") and name in own_secrets(row["body"]):
                    raise Problem(409, "In use", f"The {row['kind']} {row['id']} refers to it.")
            version = await secrets.remove(connection, workspace, name)
            if version is None:
                raise Problem(404, "No such secret")
            await _changed(connection, workspace, name, version=version, by=by, removed=True)

    async def reseal(self) -> int:
        """Everything by the current master key, so that older ones can go. Raises `LookupError`."""
        current = self.keys.current
        if current is None:
            raise LookupError("there is no master key")
        count = 0
        while True:
            async with self.db.transaction() as connection:
                rows = await secrets.sealed_otherwise(connection, current, limit=_AT_ONCE)
                await secrets.reseal(connection, [self._resealed(row) for row in rows])
                await advance(connection)
            count += len(rows)
            if len(rows) < _AT_ONCE:
                return count

    def _resealed(self, row: Row) -> tuple[str, str, Sealed]:
        place = {"workspace": row["workspace"], "name": row["name"]}
        try:
            value = self.keys.open(Sealed(row["key"], row["box"]), **place)
        except LookupError as error:
            raise LookupError(f"secret {row['name']} of {row['workspace']}: {error}") from None
        return row["workspace"], row["name"], self.keys.seal(value, **place)


async def _changed(
    connection: Connection,
    workspace: str,
    name: str,
    *,
    version: int,
    by: str,
    removed: bool = False,
) -> None:
    """That it was written, never what."""
    after = None if removed else {"name": name, "written": True}
    place = ("secret", name)
    await log_change(connection, workspace, place, version=version, before=None, after=after, by=by)
    await advance(connection)
