"""The sandbox as a process of its own."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path


def test_it_prints_its_address_takes_faults_and_ends_on_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--account", "AC1:token", "--ledger"]
    with subprocess.Popen(
        [*command, str(tmp_path / "ledger.jsonl")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        faults = json.dumps({"seed": 1, "rules": [{"trouble": "429", "rate": 0.5}]}).encode()
        request = urllib.request.Request(f"{url}/control/faults", data=faults, method="PUT")
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["rules"][0]["rate"] == 0.5
        with urllib.request.urlopen(f"{url}/control/truth") as answer:
            assert json.load(answer)["asked"] == 0
        process.send_signal(signal.SIGTERM)

    assert process.returncode == 0
