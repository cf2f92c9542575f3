"""`python -m deploy` writes the files; with `--check` it says which are stale and fails."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy import (
    compose,
    compose_secured,
    gateway,
    kubernetes,
    kubernetes_secured,
    monitoring,
    processes,
)

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Written by `make deploy-files` from deploy/table.py; edits are lost.\n"


class _Plain(yaml.SafeDumper):
    """No anchors, lines as lines: people read it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Plain, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def files() -> dict[str, str]:
    """Path -> contents."""
    base = "deploy/k8s/base"
    rules = ROOT / "deploy" / "prometheus" / "rules"
    return {
        "docker-compose.yml": _yaml([compose.compose()]),
        "docker-compose.secured.yml": _yaml([compose.compose(secured=True)]),
        "deploy/postgres/hba.conf": compose_secured.rules(HEAD),
        "deploy/gateway/default.conf": gateway.configuration(HEAD),
        "deploy/gateway/processes.conf": processes.gateway(HEAD),
        "deploy/prometheus/prometheus.yml": _yaml([monitoring.prometheus()]),
        "deploy/k8s/components/monitoring/monitoring.yaml": _yaml(monitoring.monitoring(rules)),
        "deploy/k8s/components/secured/kustomization.yaml": _yaml(kubernetes_secured.component()),
        **{f"{base}/{name}": _yaml(found) for name, found in kubernetes.base().items()},
    }


def _yaml(documents: Sequence[Any]) -> str:
    text = yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, width=100, allow_unicode=True)
    return HEAD + text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, text in files().items():
        path = ROOT / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for name in stale:
        sys.stdout.write(f"{'stale' if check else 'written'}: {name}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
