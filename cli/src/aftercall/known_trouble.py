"""What went wrong, in words: for everything that a person can do something about."""

import asyncpg
from pydantic import ValidationError

from common.bus import NotOurs
from common.database.migrations import MayNotMigrate, MigrationError
from common.errors import BadInput, Problem, Retry
from common.process.broker_settings import settings_problem

AWAY = "is it up, and is AFTERCALL_DATABASE_URL right? `aftercall doctor` looks"


def in_words(error: BaseException) -> str | None:
    """None: a fault of ours. Never a URL, which may hold a password."""
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | OSError | TimeoutError):
        return _of_system(error)
    match error:
        case BadInput():
            return "\n".join(f"{one.field or 'it'}: {one.message}" for one in error.errors)
        case Problem():
            return ": ".join(dict.fromkeys(filter(None, (error.title, error.detail))))
        case ValidationError():
            return settings_problem(error)
        case MigrationError() | MayNotMigrate():
            return f"the database is not of this version: {error}"
        case Retry() | NotOurs():
            reason = getattr(error, "reason", str(error))
            return f"{reason}: is it up? `aftercall doctor` looks at database and broker"
    return None


def _of_system(error: Exception) -> str:
    match error:
        case TimeoutError():
            return f"nobody answered in time: {AWAY}"
        case asyncpg.ClientConfigurationError():
            return "AFTERCALL_DATABASE_URL is no PostgreSQL URL that can be read"
        case OSError():
            return _of_files(error)
    return f"the database cannot be used: {error}; {AWAY}"


def _of_files(error: OSError) -> str:
    said = error.strerror or str(error)
    if isinstance(error, ConnectionError) or error.filename is None:
        return f"the database or the broker cannot be reached ({said}): {AWAY}"
    todo = {
        PermissionError: "name another place, or become the user whose it is",
        NotADirectoryError: "a file stands where a folder is needed; name another place",
        FileExistsError: "a file stands where a folder is needed; name another place",
        FileNotFoundError: "make it first, or name another place",
    }.get(type(error), "free some space, or name another place")
    return f"{error.filename}: {said}; {todo}"
