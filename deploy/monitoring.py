"""What Prometheus reads, from the table: scrape jobs, and the same for its operator."""

from pathlib import Path
from typing import Any

import yaml

from deploy import table

Document = dict[str, Any]
EVERY = "15s"


def prometheus() -> Document:
    """One job per service, named as it is; replicas are found by DNS."""
    return {
        "global": {"scrape_interval": EVERY, "evaluation_interval": EVERY},
        "rule_files": ["rules/*.yml"],
        "scrape_configs": [
            {
                "job_name": service.name,
                "metrics_path": table.METRICS,
                "dns_sd_configs": [
                    {"names": [service.name], "type": "A", "port": table.INTERNAL_PORT},
                ],
            }
            for service in table.SERVICES
        ],
    }


def monitoring(rules: Path) -> list[Document]:
    """ServiceMonitor and PrometheusRule; the rules are those of `rules`, all files."""
    api = "monitoring.coreos.com/v1"
    own = {"name": "aftercall"}
    groups = [
        group
        for file in sorted(rules.glob("*.yml"))
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
    ]
    endpoint = {"port": "internal", "path": table.METRICS, "interval": EVERY}
    return [
        {
            "apiVersion": api,
            "kind": "ServiceMonitor",
            "metadata": own,
            "spec": {
                "jobLabel": "app.kubernetes.io/name",
                "selector": {"matchLabels": {"app.kubernetes.io/part-of": "aftercall"}},
                "endpoints": [endpoint],
            },
        },
        {
            "apiVersion": api,
            "kind": "PrometheusRule",
            "metadata": own,
            "spec": {"groups": groups},
        },
    ]
