"""Writes requirements/*.txt from uv.lock: pinned, with hashes, naming no index and no host.

`run.txt` is what the platform needs, `dev.txt` adds what work on it needs, `docs.txt` what makes
its site, `<service>.txt` is one image's contents, `build.txt` what builds the wheels in it,
`uv.txt` the installer itself. `bench.txt` is what others need that the bench compares with, in an
environment of its own: it is resolved by itself, so that it holds nothing of ours back.
"""

import re
import subprocess
import sys
from pathlib import Path

UV = str(Path(sys.executable).with_name("uv"))
FOLDER = Path("requirements")
PACKAGES = {  # image -> distribution
    "ingest": "aftercall-ingest",
    "orchestrator": "aftercall-orchestrator",
    "sms-sender": "aftercall-sms-sender",
    "whatsapp-sender": "aftercall-whatsapp-sender",
    "ivr-gateway": "aftercall-ivr-gateway",
    "analytics": "aftercall-analytics",
    "closed-loop": "aftercall-closed-loop",
    "console": "aftercall-console",
    "sandbox": "aftercall-sandbox",
    "operator": "aftercall",
}
COMMON = ("export", "--quiet", "--frozen", "--no-emit-workspace", "--no-header", "--no-annotate")


def export(name: str, *options: str) -> None:
    text = subprocess.run(  # noqa: S603  our own arguments
        [UV, *COMMON, *options], check=True, capture_output=True, text=True
    ).stdout
    if address := re.search(r"https?://\S+", text):
        raise SystemExit(f"{name} would name an address: {address[0]}")
    (FOLDER / f"{name}.txt").write_text(text)


def peers() -> None:
    """Of `bench.in`, with what our side of the bench needs."""
    needed = ("requirements/bench.in", "services/orchestrator/pyproject.toml")
    options = ("--universal", "--python-version=3.11", "--generate-hashes", "--upgrade", "--quiet")
    lean = ("--no-header", "--no-annotate", "--no-emit-package=aftercall-common")
    subprocess.run(  # noqa: S603  our own arguments
        [UV, "pip", "compile", *options, *lean, *needed, "--output-file", FOLDER / "bench.txt"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def installer() -> None:
    """Only uv itself, cut out of dev.txt."""
    text = (FOLDER / "dev.txt").read_text()
    match = re.search(r"^uv==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise SystemExit("uv is not among the development requirements")
    (FOLDER / "uv.txt").write_text(match[0])


if __name__ == "__main__":
    export("dev", "--all-groups", "--no-group", "docs")
    export("docs", "--only-group", "docs")
    export("run", "--no-default-groups", "--group", "setup")
    export("build", "--only-group", "setup")
    for image, package in PACKAGES.items():
        export(image, "--no-default-groups", "--package", package)
    peers()
    installer()
