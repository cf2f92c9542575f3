"""How a command ends: one line that says what, where and what to do; and a status.

0 done, 1 not done, 2 wrongly called, 70 a fault of ours, 130 interrupted.
"""

import os
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import typer

from common.wording import said

NOT_DONE, WRONGLY_CALLED, OUR_FAULT, INTERRUPTED = 1, 2, 70, 130
STATUSES = {
    0: "Done.",
    NOT_DONE: "Not done, or something is wrong; the line on standard error says what to do.",
    WRONGLY_CALLED: "Wrongly called: an unknown option, a missing argument, a value out of range.",
    OUR_FAULT: "A fault of Aftercall; the file that is named holds the trace.",
    INTERRUPTED: "Interrupted by Ctrl-C.",
}


class Trouble(Exception):
    """What a person can do something about."""

    def __init__(self, text: str, exit_status: int = NOT_DONE) -> None:
        super().__init__(text)
        self.exit_status = exit_status

    def said(self) -> str:
        """What they read."""
        return str(self)


def stop(text: str) -> NoReturn:
    """Says it in red, where errors go, and exits with status 1."""
    tell(text)
    raise typer.Exit(NOT_DONE)


def tell(text: str) -> None:
    typer.secho(text, fg="red", err=True)


@contextmanager
def ending() -> Iterator[None]:
    """Whatever ends the block but its end: said in words, and a `SystemExit` with the status."""
    try:
        yield
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(INTERRUPTED) from None
    except typer.Exit as end:
        raise SystemExit(end.exit_code) from None
    except typer.TyperException as error:
        raise SystemExit(_usage(error)) from None
    except BaseExceptionGroup as group:
        _end_with(_first(group))
    except Exception as error:
        _end_with(error)


def _end_with(error: BaseException) -> NoReturn:
    if isinstance(error, KeyboardInterrupt):
        raise SystemExit(INTERRUPTED) from None
    if isinstance(error, Trouble):
        tell(error.said())
        raise SystemExit(error.exit_status) from None
    known = in_words(error)
    tell(known or _kept(error))
    raise SystemExit(NOT_DONE if known else OUR_FAULT) from None


def in_words(error: BaseException) -> str | None:
    """What people can do something about; None for a fault of ours."""
    from aftercall import known_trouble  # what it knows takes a second to import

    return known_trouble.in_words(error)


def writable(path: Path) -> Path:
    """The same path. Raises `Trouble` now when a file cannot be written there after the work."""
    folder = path.resolve().parent
    if path.is_dir():
        raise Trouble(f"{path} is a folder: name a file in it")
    if not folder.is_dir():
        raise Trouble(f"{path} cannot be written: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise Trouble(f"{path} cannot be written: you may not write there")
    return path


def _usage(error: typer.TyperException) -> int:
    if (wrong := getattr(error.__cause__, "errors", None)) is not None:  # pydantic's
        error.message = said(wrong()[0])
    line = getattr(error, "format_message", lambda: str(error))().strip()
    context = getattr(error, "ctx", None)
    if line:
        where = context.command_path if context else "aftercall"
        tell(f"{' '.join(line.split()).rstrip('.')}; `{where} --help` says more")
    else:  # no arguments at all: its help was printed
        with suppress(AttributeError):
            error.show()  # type: ignore[attr-defined]
    return int(getattr(error, "exit_code", WRONGLY_CALLED))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _kept(error: BaseException) -> str:
    """The trace goes into a file of the person's own: it may quote what is nobody else's."""
    descriptor, name = tempfile.mkstemp(prefix="aftercall-fault-", suffix=".txt")
    with os.fdopen(descriptor, "w") as file:
        traceback.print_exception(error, file=file)
    return f"a fault of Aftercall ({type(error).__name__}), not yours; please report it with {name}"
