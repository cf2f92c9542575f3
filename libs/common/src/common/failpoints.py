"""Named places where a drill can make the process die as if the machine had lost power.

`AFTERCALL_FAIL_AT=decide.before_commit:3` ends the process, with no clean-up at all, the third
time that place is reached. With `AFTERCALL_FAIL_AT=@FILE` a drill chooses the moment: it writes
the name of a place to the file, and whoever reaches that place first takes the file and dies.
Unset (production), a failpoint costs two comparisons.
"""

import os

_name, _, _count = os.environ.get("AFTERCALL_FAIL_AT", "").partition(":")
_left = int(_count or 1)
_file = _name[1:] if _name.startswith("@") else ""


def failpoint(name: str) -> None:
    """Die here when a drill asked for it."""
    global _left
    if name == _name:
        _left -= 1
        if _left <= 0:
            os._exit(86)
    if _file and _named() == name and _taken():
        os._exit(86)


def _named() -> str:
    try:
        with open(_file) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _taken() -> bool:
    """Only one process can remove it."""
    try:
        os.remove(_file)
    except FileNotFoundError:
        return False
    return True
