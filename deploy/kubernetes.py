"""The Kubernetes base from the table; what an installation chooses is in hand-written overlays."""

from collections.abc import Sequence
from typing import Any

from deploy import network, table
from deploy.table import Job, Service, Variable

Document = dict[str, Any]
CONFIG, SECRET = "aftercall", "aftercall"  # names of the ConfigMap and the Secret
REFERENCES = "aftercall-references"  # secrets that the configuration names as `env:NAME`
PART_OF = "aftercall"
_UNPRIVILEGED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def base() -> dict[str, list[Document]]:
    """File -> documents."""
    files = {f"{service.name}.yaml": _all_of(service) for service in table.SERVICES}
    files["jobs.yaml"] = [_job(job) for job in table.JOBS]
    files["operator.yaml"] = [_account(table.OPERATOR), _operator()]
    files["network.yaml"] = network.policies()
    files["ingress.yaml"] = [_ingress()]
    names = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "aftercall",
        "labels": [{"pairs": {"app.kubernetes.io/part-of": PART_OF}, "includeTemplates": True}],
        "resources": ["namespace.yaml", *sorted(files)],
        # Generated there, a change of it has another name, and so restarts what reads it.
        "configMapGenerator": [{"name": CONFIG, "literals": _config()}],
    }
    return files | {"namespace.yaml": [_namespace()], "kustomization.yaml": [names]}


def labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name}


def _all_of(service: Service) -> list[Document]:
    found = [_account(service.name), _deployment(service), _service(service), _budget(service)]
    if service.scale.most:
        found.append(_autoscaler(service))
    return found


def _object(api: str, kind: str, name: str, **rest: Any) -> Document:
    metadata: Document = {"name": name, "labels": labels(name)}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def _namespace() -> Document:
    found = _object("v1", "Namespace", "aftercall")
    found["metadata"]["labels"] = {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
    }
    return found


def _account(name: str) -> Document:
    return _object("v1", "ServiceAccount", name, automountServiceAccountToken=False)


def _config() -> list[str]:
    """Overlays replace what is theirs."""
    own = {
        "AFTERCALL_PUBLIC_URL": "https://surveys.example.com",
        "AFTERCALL_LOG_LEVEL": "INFO",
        "AFTERCALL_REQUESTS_PER_SECOND": "500",
        "AFTERCALL_REFERENCE_FOLDER": "",
        "AFTERCALL_PROVIDER_HOSTS": "",
        **{one.name: _plain(one.default) for one in table.CLOSED_LOOP if one.optional},
    }
    used = (one for service in table.SERVICES for one in service.environment)
    plain = dict.fromkeys(one for one in (*table.COMMON, *used) if not one.secret)
    return [f"{one.name}={own.get(one.name, one.default)}" for one in plain]


def _plain(default: str) -> str:
    """What docker-compose falls back to: here nothing is filled in."""
    return default.partition(":-")[2].removesuffix("}")


def _variable(one: Variable) -> Document:
    source, name = ("secretKeyRef", SECRET) if one.secret else ("configMapKeyRef", CONFIG)
    key: Document = {"name": name, "key": one.name}
    if one.optional:
        key["optional"] = True
    return {"name": one.name, "valueFrom": {source: key}}


def _container(name: str, command: Sequence[str], variables: Sequence[Variable]) -> Document:
    return {
        "name": name,
        "image": f"aftercall/{name}",
        "command": [*command],
        "env": [_variable(one) for one in variables],
        "securityContext": _UNPRIVILEGED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }


def _pod(name: str, container: Document, **rest: Any) -> Document:
    spec = {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # no AFTERCALL_... that nobody wrote
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
    return {"metadata": {"labels": labels(name)}, "spec": spec | rest}


def _deployment(service: Service) -> Document:
    container = _container(service.name, service.command(), service.variables) | {
        "ports": [
            {"name": "http", "containerPort": table.PORT},
            {"name": "internal", "containerPort": table.INTERNAL_PORT},
        ],
        "resources": _resources(service.scale.cpu, service.scale.memory),
        "lifecycle": {"preStop": {"sleep": {"seconds": table.DRAIN}}},
        # Ten minutes: a schema that its job has not brought up to date yet is waited for.
        "startupProbe": _probe(table.READY, every=2, failures=300),
        "readinessProbe": _probe(table.READY, every=5, failures=2),
        "livenessProbe": _probe(table.LIVE, every=10, failures=6),
    }
    if service.resolves:
        container["envFrom"] = [{"secretRef": {"name": REFERENCES, "optional": True}}]
    pod = _pod(
        service.name,
        container,
        terminationGracePeriodSeconds=table.GRACE,
        topologySpreadConstraints=[_spread(service.name)],
    )
    return _object(
        "apps/v1",
        "Deployment",
        service.name,
        spec={
            "selector": {"matchLabels": labels(service.name)},
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": pod,
        },
    )


def _resources(cpu: str, memory: int) -> Document:
    return {
        "requests": {"cpu": cpu, "memory": f"{memory}Mi"},
        "limits": {"memory": f"{2 * memory}Mi"},
    }


def _probe(path: str, *, every: int, failures: int) -> Document:
    return {
        "httpGet": {"path": path, "port": "internal"},
        "periodSeconds": every,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _spread(name: str) -> Document:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(name)},
    }


def _service(service: Service) -> Document:
    """The ingress names the port `http`, so the internal one is within the cluster alone."""
    ports = [
        {"name": name, "port": port, "targetPort": name}
        for name, port in (("http", table.PORT), ("internal", table.INTERNAL_PORT))
    ]
    return _object(
        "v1", "Service", service.name, spec={"selector": labels(service.name), "ports": ports}
    )


def _budget(service: Service) -> Document:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": labels(service.name)}}
    return _object("policy/v1", "PodDisruptionBudget", service.name, spec=spec)


def _autoscaler(service: Service) -> Document:
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    return _object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        service.name,
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
            "minReplicas": service.scale.least,
            "maxReplicas": service.scale.most,
            "metrics": [{"type": "Resource", "resource": cpu}],
            # A replica that leaves moves partitions to others; not for every short calm.
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
        },
    )


def _ingress() -> Document:
    """One host by path; TLS and the class are an overlay's."""
    paths = [
        {
            "path": path,
            "pathType": "Prefix",
            "backend": {"service": {"name": service.name, "port": {"name": "http"}}},
        }
        for service in table.SERVICES
        for path in service.paths
    ]
    rule = {"host": "surveys.example.com", "http": {"paths": paths}}
    return _object("networking.k8s.io/v1", "Ingress", "aftercall", spec={"rules": [rule]})


def _job(job: Job) -> Document:
    container = _container(table.OPERATOR, job.command, job.environment)
    container["resources"] = _resources("100m", 256)
    pod = _pod(table.OPERATOR, container, restartPolicy="OnFailure")
    spec = {"backoffLimit": 20, "ttlSecondsAfterFinished": 86_400, "template": pod}
    return _object("batch/v1", "Job", job.name, spec=spec)


def _operator() -> Document:
    """Sleeps without replicas until somebody scales it up to use `aftercall` in it."""
    container = _container(table.OPERATOR, ["sleep", "infinity"], [*table.COMMON, *table.SEALING])
    container["resources"] = _resources("10m", 256)
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": labels(table.OPERATOR)},
        "template": _pod(table.OPERATOR, container, terminationGracePeriodSeconds=1),
    }
    return _object("apps/v1", "Deployment", table.OPERATOR, spec=spec)
