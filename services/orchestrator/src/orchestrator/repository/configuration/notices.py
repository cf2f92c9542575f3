"""Acknowledgements of legal notices: lines of the change log, which nobody can change or delete."""

from common.config.store import log_change
from common.database import Connection, Row
from orchestrator.domain.configuring.legal_notice import Notice

_KIND = "legal_notice"
_MOST = 100  # that are told, of texts that were in force one after the other


async def is_acknowledged(connection: Connection, workspace: str, version: str) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from config.changes"
        " where workspace = $1 and kind = $2 and document = $3)",
        workspace,
        _KIND,
        version,
    )
    return found


async def acknowledgements(connection: Connection, workspace: str) -> list[Row]:
    """Newest first."""
    rows: list[Row] = await connection.fetch(
        "select document as version, after ->> 'text' as text,"
        " changed_at as acknowledged_at, changed_by as acknowledged_by"
        " from config.changes where workspace = $1 and kind = $2 order by id desc limit $3",
        workspace,
        _KIND,
        _MOST,
    )
    return rows


async def acknowledge(connection: Connection, workspace: str, notice: Notice, *, by: str) -> None:
    place = (_KIND, notice.version)
    text = {"text": notice.text}
    await log_change(connection, workspace, place, version=1, before=None, after=text, by=by)
