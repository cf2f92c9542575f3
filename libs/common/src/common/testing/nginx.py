"""nginx, to read configuration that is written for it: the machine's, else Debian's package."""

import shutil

from common.testing.debian import unpacked
from common.testing.jars import cache_folder
from common.testing.shared import locked


def nginx() -> str:
    """Its path. Raises `RuntimeError` that says what was tried; tests never go without it."""
    if found := shutil.which("nginx"):
        return found
    folder = cache_folder() / "nginx"
    program = folder / "nginx"
    tried: list[str] = []
    with locked(folder.parent / "nginx.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        if program.exists() or unpacked("nginx", "usr/sbin/nginx", folder, tried):
            return str(program)
    raise RuntimeError("put nginx on the PATH. Tried:\n" + "\n".join(tried))
