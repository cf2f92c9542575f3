"""Keys of workspaces, wrapped by the master key that is the first one now."""

from common.database import Database, Row
from common.sealing import DataKey, MasterKeys, Sealed
from orchestrator.repository.configuration import data_keys

_AT_ONCE = 500  # that are wrapped again in one transaction


async def rewrap(db: Database, keys: MasterKeys) -> int:
    """How many were, so that older master keys can go. Raises `LookupError`."""
    if keys.current is None:
        raise LookupError("there is no master key")
    count = 0
    while True:
        async with db.transaction() as connection:
            rows = await data_keys.wrapped_otherwise(connection, keys.current, limit=_AT_ONCE)
            await data_keys.rewrap(connection, [_rewrapped(row, keys) for row in rows])
        count += len(rows)
        if len(rows) < _AT_ONCE:
            return count


def _rewrapped(row: Row, keys: MasterKeys) -> tuple[str, int, Sealed]:
    workspace, number = row["workspace"], row["number"]
    before = Sealed(row["master_key"], row["box"])
    try:
        key = DataKey.unwrapped(before, keys, workspace=workspace, number=number)
    except LookupError as error:
        raise LookupError(f"data key {number} of {workspace}: {error}") from None
    return workspace, number, key.wrapped(keys)
