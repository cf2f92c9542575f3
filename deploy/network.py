"""Network policies from the table: everything is denied, then what is needed is allowed."""

from collections.abc import Sequence
from typing import Any

from deploy import table
from deploy.table import Service

Document = dict[str, Any]
MAIL_PORTS = (465, 587)  # submission
KAFKA_PORT, POSTGRES_PORT = 9092, 5432  # an overlay with other ports patches `to-data`
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


def policies() -> list[Document]:
    """Where the broker and the database are is not known here: any address, their ports alone."""
    return [
        _policy("default-deny", {}, policyTypes=["Ingress", "Egress"]),
        _policy("to-names", {}, egress=[{"to": [_namespace("kube-system")], "ports": _dns()}]),
        _policy("to-data", {}, egress=[{"ports": [_tcp(KAFKA_PORT), _tcp(POSTGRES_PORT)]}]),
        *(_from_outside(service) for service in table.SERVICES),
        *(_to_providers(service) for service in table.SERVICES if service.calls_out),
        *(_to_mail_server(service) for service in table.SERVICES if service.mails),
        *(_to_services(service) for service in table.SERVICES if service.asks),
        _operator(),
    ]


def _policy(name: str, selector: Document, **spec: Any) -> Document:
    kinds = [kind.capitalize() for kind in ("ingress", "egress") if kind in spec]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": selector, "policyTypes": kinds} | spec,
    }


def _from_outside(service: Service) -> Document:
    """Namespaces say by a label that they are the ingress controller's or Prometheus's.

    Probes come from the node, which no policy keeps away.
    """
    ingress, monitoring = (
        _labelled(f"aftercall.network/{use}") for use in ("ingress", "monitoring")
    )
    operator = {"podSelector": _named([table.OPERATOR])}
    callers = {"podSelector": _named([table.OPERATOR, *_askers(service)])}
    rules = [
        {"from": [ingress, callers], "ports": [_tcp(table.PORT)]},
        {"from": [monitoring, operator], "ports": [_tcp(table.INTERNAL_PORT)]},
    ]
    return _policy(f"to-{service.name}", _named([service.name]), ingress=rules)


def _to_providers(service: Service) -> Document:
    outside = {"ipBlock": {"cidr": "0.0.0.0/0", "except": [*PRIVATE]}}
    rule = {"to": [outside], "ports": [_tcp(443)]}
    return _policy(f"{service.name}-to-providers", _named([service.name]), egress=[rule])


def _to_mail_server(service: Service) -> Document:
    """Wherever it is: within, or a provider's."""
    rule = {"ports": [_tcp(port) for port in MAIL_PORTS]}
    return _policy(f"{service.name}-to-mail", _named([service.name]), egress=[rule])


def _askers(asked: Service) -> list[str]:
    return [service.name for service in table.SERVICES if asked.name in service.asks]


def _to_services(service: Service) -> Document:
    rule = {"to": [{"podSelector": _named(service.asks)}], "ports": [_tcp(table.PORT)]}
    return _policy(f"{service.name}-to-services", _named([service.name]), egress=[rule])


def _operator() -> Document:
    """`aftercall apply` speaks to the services."""
    every = {"podSelector": _named([service.name for service in table.SERVICES])}
    rule = {"to": [every], "ports": [_tcp(table.PORT), _tcp(table.INTERNAL_PORT)]}
    return _policy("operator-to-services", _named([table.OPERATOR]), egress=[rule])


def _named(names: Sequence[str]) -> Document:
    if len(names) == 1:
        return {"matchLabels": {"app.kubernetes.io/name": names[0]}}
    among = {"key": "app.kubernetes.io/name", "operator": "In", "values": [*names]}
    return {"matchExpressions": [among]}


def _namespace(name: str) -> Document:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _labelled(label: str) -> Document:
    return {"namespaceSelector": {"matchLabels": {label: "true"}}}


def _tcp(port: int) -> Document:
    return {"protocol": "TCP", "port": port}


def _dns() -> list[Document]:
    return [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
