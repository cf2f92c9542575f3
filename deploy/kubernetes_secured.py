"""A component for overlays: TLS to Kafka and PostgreSQL, and for each service a user and a role.

It refers to a Secret per service (`aftercall-ingest`) with `kafka-password` and
`database-password`, and to the ConfigMap `aftercall-ca` with `ca.pem`.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from deploy import access, table

Document = dict[str, Any]
PLACE = "AFTERCALL_DATABASE_PLACE"  # HOST:PORT/NAME, in the ConfigMap; the URLs are made of it
AUTHORITY = "aftercall-ca"  # a ConfigMap: it is no secret
CONFIG = "aftercall"


def component() -> list[Document]:
    """Its kustomization."""
    place = "postgres.data.svc:5432/aftercall"
    return [
        {
            "apiVersion": "kustomize.config.k8s.io/v1alpha1",
            "kind": "Component",
            "configMapGenerator": [
                {"name": CONFIG, "behavior": "merge", "literals": [f"{PLACE}={place}"]}
            ],
            "patches": [{"patch": yaml.safe_dump(one, sort_keys=False)} for one in _patches()],
        }
    ]


def _patches() -> Iterator[Document]:
    for service in table.SERVICES:
        yield _patch("apps/v1", "Deployment", service.name, service.name, service.name)
    yield _patch("apps/v1", "Deployment", table.OPERATOR, table.OPERATOR, table.OPERATOR)
    for job in table.JOBS:
        yield _patch("batch/v1", "Job", job.name, table.OPERATOR, job.runs_as)


def _patch(api: str, kind: str, name: str, container: str, who: str) -> Document:
    """`who` is whose user and role it has."""
    mounts = {"own": access.OWN, "ca": access.CA_FILE.rpartition("/")[0]}
    volumes = [
        {"name": "own", "secret": {"secretName": f"aftercall-{who}"}},
        {"name": "ca", "configMap": {"name": AUTHORITY}},
    ]
    changed = {
        "name": container,
        "env": _environment(who),
        "volumeMounts": [
            {"name": one, "mountPath": path, "readOnly": True} for one, path in mounts.items()
        ],
    }
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"containers": [changed], "volumes": volumes}}},
    }


def _environment(who: str) -> list[Document]:
    """What it is told beside, and the address of the database instead of a secret one."""
    told = access.secured(who, database=f"$({PLACE})")
    place = {"configMapKeyRef": {"name": CONFIG, "key": PLACE}}
    return [
        {"name": PLACE, "valueFrom": place},
        *({"name": name, "value": value, "valueFrom": None} for name, value in told.items()),
    ]
