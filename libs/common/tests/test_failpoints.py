"""A process dies where a drill says, and nowhere else."""

import subprocess
import sys
from pathlib import Path

REACH = """
import sys
from common.failpoints import failpoint
for line in sys.stdin:
    failpoint(line.strip())
    print(line.strip(), flush=True)
"""


def reaching(fail_at: str) -> "subprocess.Popen[str]":
    """A process that reaches the places it is told, and says so when it has passed them."""
    return subprocess.Popen(
        [sys.executable, "-c", REACH],
        env={"AFTERCALL_FAIL_AT": fail_at},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_dies_the_third_time_it_gets_there() -> None:
    with reaching("claim:3") as process:
        said, _ = process.communicate("claim\nother\nclaim\nother\nclaim\nother\n")

    assert (said.split(), process.returncode) == (["claim", "other", "claim", "other"], 86)


def test_it_lives_when_no_drill_asked() -> None:
    with reaching("") as process:
        said, _ = process.communicate("claim\nclaim\n")

    assert (said.split(), process.returncode) == (["claim", "claim"], 0)


def test_a_place_written_to_a_file_kills_one_process_once(tmp_path: Path) -> None:
    file = tmp_path / "fail"
    with reaching(f"@{file}") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("claim\n")
        process.stdin.flush()
        assert process.stdout.readline() == "claim\n"
        file.write_text("claim")
        said, _ = process.communicate("other\nclaim\n")

    assert (said.split(), process.returncode) == (["other"], 86)
    assert not file.exists()

    with reaching(f"@{file}") as process:
        said, _ = process.communicate("claim\n")
    assert (said.split(), process.returncode) == (["claim"], 0)
