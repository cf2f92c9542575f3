"""The bill of materials of what runs (CycloneDX), with the vulnerabilities that osv.dev knows.

`make audit`; ends with 1 when there are any. Options of pip-audit may follow.
"""

import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("pip-audit"))
WRITTEN = Path("dist/bom.json")
COMMAND = (
    *(PROGRAM, "--requirement", "requirements/run.txt", "--disable-pip", "--require-hashes"),
    *("--vulnerability-service", "osv", "--format", "cyclonedx-json"),
    *("--progress-spinner", "off"),
)


def main(arguments: list[str]) -> int:
    WRITTEN.parent.mkdir(exist_ok=True)
    command = [*COMMAND, "--output", str(WRITTEN), *arguments]
    return subprocess.run(command).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
