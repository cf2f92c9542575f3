"""Services as processes of one machine: what the README has people type is what the table says."""

import re
import subprocess
from pathlib import Path

import pytest

from common.testing.nginx import nginx
from deploy import gateway, processes, table
from orchestrator.endpoints.configuration import LIMIT
from orchestrator.endpoints.consent import IMPORT_LIMIT
from tests.deploy.conftest import ROOT
from tests.newcomer.reading import blocks, commands

CONF = ROOT / "deploy" / "gateway" / "processes.conf"


def test_the_readme_starts_every_service_on_ports_of_its_own() -> None:
    (typed, *_) = blocks(ROOT / "README.md", ["A process for each service"])
    _, *services = commands(typed)

    assert services == list(processes.commands())
    ports = [port for one in table.SERVICES for port in processes.ports(one)]
    assert len({table.PORT, table.INTERNAL_PORT, *ports}) == len(ports) + 2


def test_the_readme_tells_who_asks_others_where_the_gateway_is() -> None:
    variables = blocks(ROOT / "README.md", ["A process for each service"])[0].splitlines()[0]

    asking = {one.name.replace("-", "_").upper() for one in table.SERVICES if one.asks}
    assert set(re.findall(r"AFTERCALL_(\w+)_SERVICE_URL=(\S+)", variables)) == {
        (name, processes.GATEWAY) for name in asking
    }


def test_its_gateway_leads_every_path_to_its_service() -> None:
    led = dict(re.findall(r"location (/\S+) \{ proxy_pass (\S+); }", CONF.read_text("utf-8")))

    assert led == {
        path: f"http://127.0.0.1:{processes.ports(service)[0]}"
        for service in table.SERVICES
        for path in service.paths
    }


@pytest.mark.parametrize("conf", ["default.conf", "processes.conf"])
def test_a_gateway_hands_on_the_largest_body_that_is_taken(conf: str) -> None:
    """One that is larger than the gateway's own limit never reaches the service that takes it."""
    text = (ROOT / "deploy" / "gateway" / conf).read_text("utf-8")
    told = re.search(r"client_max_body_size (\d+)m;", text)

    assert told is not None
    assert int(told[1]) * 2**20 >= max(LIMIT, IMPORT_LIMIT)
    assert gateway.SERVER.splitlines()[0].strip() in text


def test_nginx_reads_it(tmp_path: Path) -> None:
    told = subprocess.run(
        [nginx(), "-t", "-p", tmp_path, "-e", "stderr", "-c", CONF],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr
