"""The manifests, as the real kustomize builds them: valid, as the table says, and locked down."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy import access, table
from deploy.kubernetes_secured import PLACE
from tests.deploy.conftest import K8S, OVERLAYS, Objects, kustomized

OF_OPERATORS = ("monitoring.coreos.com/v1",)  # kinds that Kubernetes itself does not know
RELEASE = "1.34"


def of_kind(objects: Objects, *kinds: str) -> Iterator[dict[str, Any]]:
    return (one for one in objects if one["kind"] in kinds)


def named(objects: Objects, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in of_kind(objects, kind)}


def pods(objects: Objects) -> list[dict[str, Any]]:
    """Specs."""
    return [one["spec"]["template"]["spec"] for one in of_kind(objects, "Deployment", "Job")]


def container_of(deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_valid(overlays: dict[str, Objects], overlay: str) -> None:
    checked = 0
    for one in overlays[overlay]:
        if one["apiVersion"] not in OF_OPERATORS:
            kubernetes_validate.validate(one, RELEASE, strict=True)
            checked += 1
    assert checked > 30


def test_an_unknown_field_is_not_valid(overlays: dict[str, Objects]) -> None:
    broken = copy.deepcopy(named(overlays["small"], "Deployment")["ingest"])
    container_of(broken)["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(broken, RELEASE, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_run_as_the_table_says(overlays: dict[str, Objects], overlay: str) -> None:
    deployments = named(overlays[overlay], "Deployment")
    for service in table.SERVICES:
        container = container_of(deployments[service.name])
        assert container["command"] == service.command()
        told = {one["name"] for one in container["env"]}
        own = own_settings(service.name) if overlay == "production" else set()
        assert told == {v.name for v in service.variables} | own
        probes = {name: container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
        paths = {name: probe["httpGet"]["path"] for name, probe in probes.items()}
        assert {probe["httpGet"]["port"] for probe in probes.values()} == {"internal"}
        live, ready = table.LIVE, table.READY
        assert paths == {"startup": ready, "readiness": ready, "liveness": live}
        assert ("envFrom" in container) == service.resolves
        pod = deployments[service.name]["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] == table.GRACE
    jobs = named(overlays[overlay], "Job")
    assert {name: container_of(job)["command"] for name, job in jobs.items()} == {
        job.name: [*job.command] for job in table.JOBS
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_restricted(overlays: dict[str, Objects], overlay: str) -> None:
    for pod in pods(overlays[overlay]):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"requests", "limits"} <= container["resources"].keys()
            assert not container["image"].endswith("latest")
            assert ":" in container["image"]
    accounts = named(overlays[overlay], "ServiceAccount")
    assert {pod["serviceAccountName"] for pod in pods(overlays[overlay])} == accounts.keys()
    assert not any(one["automountServiceAccountToken"] for one in accounts.values())
    (namespace,) = of_kind(overlays[overlay], "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_in_a_manifest(overlays: dict[str, Objects], overlay: str) -> None:
    assert not named(overlays[overlay], "Secret")
    secret = {v.name for v in table.COMMON if v.secret}
    config = next(of_kind(overlays[overlay], "ConfigMap"))
    assert not secret & config["data"].keys()
    for pod in pods(overlays[overlay]):
        given = [one for c in pod["containers"] for one in c["env"]]
        values = {one["name"]: one["value"] for one in given if "value" in one}
        assert not values or overlay == "production"
        assert not [name for name in values if name.endswith("PASSWORD")]
        assert "password" not in values.get("AFTERCALL_DATABASE_URL", "")
        assert all(
            "secretKeyRef" in one["valueFrom"]
            for one in given
            if one["name"] in secret - values.keys()
        )


def own_settings(name: str) -> set[str]:
    return {PLACE, *access.secured(name, database="any")}


def test_in_production_each_has_its_own_user_role_and_passwords(
    overlays: dict[str, Objects],
) -> None:
    deployments = named(overlays["production"], "Deployment")
    jobs = named(overlays["production"], "Job")
    owners = [(deployments[name], name) for name in (*table.BY_NAME, table.OPERATOR)]
    owners += [(jobs[job.name], job.runs_as) for job in table.JOBS]
    for found, owner in owners:
        container, pod = container_of(found), found["spec"]["template"]["spec"]
        told = [one["name"] for one in container["env"]]
        values = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        assert values == access.secured(owner, database=f"$({PLACE})")
        assert told.index(PLACE) < told.index("AFTERCALL_DATABASE_URL")  # else it stays as it is
        mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        assert (mounted["own"], mounted["ca"]) == ("/run/aftercall/own", "/run/aftercall/ca")
        volumes = {one["name"]: one for one in pod["volumes"]}
        assert volumes["own"]["secret"] == {"secretName": f"aftercall-{owner}"}
        assert volumes["ca"]["configMap"] == {"name": "aftercall-ca"}


def test_production_has_two_of_everything_and_scales(overlays: dict[str, Objects]) -> None:
    deployments = named(overlays["production"], "Deployment")
    scalers = named(overlays["production"], "HorizontalPodAutoscaler")
    for service in table.SERVICES:
        scale = service.scale
        if scale.most is None:
            assert deployments[service.name]["spec"]["replicas"] == scale.least
            assert service.name not in scalers
        else:
            assert "replicas" not in deployments[service.name]["spec"]  # the scaler's
            spec = scalers[service.name]["spec"]
            assert (spec["minReplicas"], spec["maxReplicas"]) == (scale.least, scale.most)
    assert named(overlays["production"], "PodDisruptionBudget").keys() == table.BY_NAME.keys()


def test_small_has_one_of_everything(overlays: dict[str, Objects]) -> None:
    assert not named(overlays["small"], "HorizontalPodAutoscaler")
    deployments = named(overlays["small"], "Deployment")
    assert {name: one["spec"].get("replicas", 1) for name, one in deployments.items()} == {
        **dict.fromkeys(table.BY_NAME, 1),
        table.OPERATOR: 0,
    }


def test_monitoring_is_an_option(overlays: dict[str, Objects]) -> None:
    kinds = ("ServiceMonitor", "PrometheusRule")
    assert not list(of_kind(overlays["small"], *kinds))
    watched = {one["kind"]: one["spec"] for one in of_kind(overlays["production"], *kinds)}
    assert watched.keys() == set(kinds)
    (endpoint,) = watched["ServiceMonitor"]["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("internal", table.METRICS)
    wanted = watched["ServiceMonitor"]["selector"]["matchLabels"]
    for service in of_kind(overlays["production"], "Service"):
        assert wanted.items() <= service["metadata"]["labels"].items()


def test_the_configuration_can_be_a_config_map_that_a_job_applies(tmp_path: Path) -> None:
    """In an overlay of somebody's own, with documents of their own."""
    documents = "workspaces: [{id: shop, name: Shop}]\n"
    (tmp_path / "configuration.yaml").write_text(documents)
    base = os.path.relpath(K8S, tmp_path)
    overlay = {
        "resources": [f"{base}/overlays/small"],
        "components": [f"{base}/components/configuration"],
        "namespace": "aftercall",
        "configMapGenerator": [
            {
                "name": "aftercall-documents",
                "files": ["configuration.yaml"],
            }
        ],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))

    objects = kustomized(tmp_path)

    job = named(objects, "Job")["configuration"]
    kubernetes_validate.validate(job, RELEASE, strict=True)
    pod = job["spec"]["template"]["spec"]
    [mounted] = [one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one]
    assert named(objects, "ConfigMap")[mounted]["data"] == {"configuration.yaml": documents}
    [container] = pod["containers"]
    assert container["command"][:2] == ["aftercall", "apply"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    address = next(one["value"] for one in container["env"] if one["name"] == "AFTERCALL_URL")
    service = named(objects, "Service")["orchestrator"]
    assert address == f"http://orchestrator:{service['spec']['ports'][0]['port']}"
    selected = job["spec"]["template"]["metadata"]["labels"]
    policy = named(objects, "NetworkPolicy")["operator-to-services"]["spec"]["podSelector"]
    assert policy["matchLabels"].items() <= selected.items()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_is_denied_and_then_what_is_needed_allowed(
    overlays: dict[str, Objects], overlay: str
) -> None:
    policies = {
        name: one["spec"] for name, one in named(overlays[overlay], "NetworkPolicy").items()
    }
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for service in table.SERVICES:
        inward = policies[f"to-{service.name}"]
        assert inward["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == service.name
        from_outside, from_monitoring = inward["ingress"]
        assert [port["port"] for port in from_outside["ports"]] == [table.PORT]
        assert "monitoring" not in str(from_outside)
        assert [port["port"] for port in from_monitoring["ports"]] == [table.INTERNAL_PORT]
        assert "network/ingress" not in str(from_monitoring)
        assert (f"{service.name}-to-providers" in policies) == service.calls_out
