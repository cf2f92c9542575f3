"""Whether people's addresses are stored encrypted, all of them, and by keys that are here."""

import asyncpg

from aftercall.doctor.findings import Finding, named, ok, problem, warning
from aftercall.stored_plain import LOOKED_AT, count, there
from common.database import Database
from common.process.settings import CommonSettings
from common.sealing import DataKey, Sealed

_KEYS = "select workspace, number, master_key, box from config.data_keys order by 1, 2"
_RUN = "`aftercall db encrypt-addresses`, as the role that owns the tables."
_KEY = "Put the master key that is missing into AFTERCALL_MASTER_KEYS again, behind the first one."


async def stored(db: Database, settings: CommonSettings) -> list[Finding]:
    """Also what was sealed by keys that are lost: nobody can be asked there."""
    async with db.connection() as connection:
        if not await connection.fetchval("select to_regclass('config.data_keys')"):
            return []
        try:
            keys = await connection.fetch(_KEYS)
        except asyncpg.InsufficientPrivilegeError:
            return [ok("addresses", "this role sees no keys: run the doctor as the operator")]
        lost = []
        for row in keys:
            sealed = Sealed(row["master_key"], row["box"])
            place = {"workspace": row["workspace"], "number": row["number"]}
            try:
                DataKey.unwrapped(sealed, db.sealing.master, **place)
            except LookupError as error:
                lost.append(f"{row['workspace']} ({error})")
        if lost:
            return [problem("addresses", f"data keys do not open: {named(lost)}", _KEY)]
        if not settings.encrypt_addresses:
            todo = "See docs/upgrading.md, and set AFTERCALL_ENCRYPT_ADDRESSES."
            if not keys:
                return [ok("addresses", "they are stored as they are")]
            return [warning("addresses", "some are encrypted, and new ones are not", todo)]
    return await _plain(db)


async def _plain(db: Database) -> list[Finding]:
    found: list[str] = []
    async with db.connection() as connection:
        for column in await there(connection):
            try:
                rows = await count(connection, column)
            except asyncpg.InsufficientPrivilegeError:
                text = "new ones are encrypted; this role does not see older rows"
                return [ok("addresses", text)]
            if rows:
                found.append(f"{rows} in {column}")
    if found:
        text = f"of the first {LOOKED_AT:,} rows of each table, not encrypted: {named(found)}"
        return [warning("addresses", text, _RUN)]
    return [ok("addresses", "they are stored encrypted")]
