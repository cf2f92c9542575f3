"""The installed command. It imports nothing at first: Ctrl-C ends it quietly from then on."""

import os
import sys


def main() -> None:
    try:
        from aftercall.main import app

        app(prog_name="aftercall")
    except KeyboardInterrupt:
        _leave(130)
    except SystemExit as end:
        if end.code == 130:
            _leave(130)
        raise


def _leave(status: int) -> None:
    """Without waiting for threads that still import what nobody wants any more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)


if __name__ == "__main__":
    main()
