"""Compose files say what the table says, to the loader that Docker uses, too.

Each test is of docker-compose.yml and of docker-compose.secured.yml, unless it says otherwise.
"""

import json
from typing import Any

from deploy import access, table
from tests.deploy.conftest import ROOT, Load

OURS = [*table.BY_NAME, *(job.name for job in table.JOBS), table.OPERATOR, table.SANDBOX]


def test_services_run_the_table_s_commands_with_its_environment(compose: dict[str, Any]) -> None:
    for service in table.SERVICES:
        found = compose["services"][service.name]
        assert found["command"] == service.command()
        assert {v.name for v in service.variables} <= found["environment"].keys()
        assert f":{table.INTERNAL_PORT}{table.READY}" in json.dumps(found["healthcheck"])
        assert found["stop_grace_period"] == f"{table.GRACE}s"


def test_services_wait_for_the_jobs_and_jobs_for_each_other(compose: dict[str, Any]) -> None:
    def waits_for(name: str) -> dict[str, str]:
        after = compose["services"][name].get("depends_on", {})
        return {other: how["condition"] for other, how in after.items()}

    done, healthy = "service_completed_successfully", "service_healthy"
    upgrade, topics = (job.name for job in table.JOBS)
    assert waits_for(upgrade).items() >= {"postgres": healthy}.items()
    assert waits_for(topics).items() >= {"kafka": healthy, upgrade: done}.items()
    if "roles" in compose["services"]:  # where everybody has a name
        assert waits_for(upgrade)["roles"] == waits_for(topics)["users"] == done
        assert waits_for("kafka") == waits_for("postgres") == {"certificates": done}
        assert waits_for("roles") == {"postgres": healthy}
        assert waits_for("users") == {"kafka": healthy}
    for service in table.SERVICES:
        assert waits_for(service.name).items() >= {upgrade: done, topics: done}.items()
    assert waits_for("gateway") == dict.fromkeys(table.BY_NAME, healthy)
    assert {other for name in OURS for other in waits_for(name)} <= compose["services"].keys()


def test_each_has_its_own_name_and_passwords_and_sees_no_others(secured: dict[str, Any]) -> None:
    who = {name: name for name in (*table.BY_NAME, table.OPERATOR)}
    who |= {job.name: job.runs_as for job in table.JOBS}
    for name, owner in who.items():
        found = secured["services"][name]
        told = access.secured(owner, database="postgres:5432/aftercall")
        assert told.items() <= found["environment"].items()
        assert "POSTGRES_PASSWORD" not in json.dumps(found)
        parts = {
            volume["target"]: volume["volume"]["subpath"]
            for volume in found["volumes"]
            if volume["type"] == "volume"
        }
        assert parts == {"/run/aftercall/own": owner, "/run/aftercall/ca": "ca"}


def test_our_containers_can_do_nothing_but_their_work(compose: dict[str, Any]) -> None:
    for name in OURS:
        found = compose["services"][name]
        assert found["read_only"] is True
        assert found["cap_drop"] == ["ALL"]
        assert found["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_published_beyond_this_machine(compose: dict[str, Any]) -> None:
    published = [port for one in compose["services"].values() for port in one.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_every_file_that_is_mounted_exists(compose: dict[str, Any]) -> None:
    mounted = [
        volume["source"]
        for one in compose["services"].values()
        for volume in one.get("volumes", [])
        if volume["type"] == "bind"
    ]
    git_keeps_no_empty_folders = ["grafana/dashboards", "prometheus/rules"]
    for source in mounted:
        assert (ROOT / source).exists() or source.endswith(tuple(git_keeps_no_empty_folders)), (
            source
        )


def test_a_compose_file_with_a_mistake_is_refused(load: Load, compose_text: str) -> None:
    misspelt = load(compose_text.replace("stop_grace_period", "stop_grace"))
    unknown = load(compose_text.replace("condition: service_healthy", "condition: healthy"))

    assert "stop_grace" in misspelt.stderr
    assert "condition" in unknown.stderr
    assert misspelt.returncode
    assert unknown.returncode
