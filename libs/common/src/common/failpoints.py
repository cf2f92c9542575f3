"""Named places where a drill can make the process die as if the machine had lost power.

`AFTERCALL_FAIL_AT=decide.before_commit:3` ends the process, with no clean-up at all, the third
time that place is reached. Unset (production), a failpoint costs one comparison.
"""

import os

_name, _, _count = os.environ.get("AFTERCALL_FAIL_AT", "").partition(":")
_left = int(_count or 1)


def failpoint(name: str) -> None:
    """Die here when a drill asked for it."""
    global _left
    if name == _name:
        _left -= 1
        if _left <= 0:
            os._exit(86)
