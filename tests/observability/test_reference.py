"""docs/metrics/: what it names is on `/metrics` of the running service, and the reverse."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common import http
from deploy import table
from tests.e2e.stack import stack
from tests.observability.conftest import Promtool
from tests.observability.written import REFERENCE, Described, headings, reference

SERVICES = [service.name for service in table.SERVICES]
_LINK = re.compile(r"\]\(([\w-]+)\.md\)")
_RUNBOOK = re.compile(r"\]\((\.\./runbook/[\w-]+\.md)#([\w-]+)\)")


def described(service: str) -> dict[str, Described]:
    """Its own and those of the files that it links to."""
    linked = _LINK.findall((REFERENCE / f"{service}.md").read_text())
    return {name: row for file in (service, *linked) for name, row in reference(file).items()}


@asynccontextmanager
async def metrics_of(
    service: str, folder: Path, database: str, kafka: str, namespace: str
) -> AsyncIterator[str]:
    """The body of `/metrics` of a process of its own, some seconds after its start."""
    async with stack(
        folder, kafka=kafka, namespace=namespace, database=database, secrets={}
    ) as running:
        await running.start(service)
        async with http.client(answer=2**26) as client:
            answer = await client.get(f"{running.one(service).internal_url}/metrics")
            assert answer.headers["content-type"].startswith("text/plain")
            yield answer.text


@pytest.mark.parametrize("service", SERVICES)
async def test_the_reference_and_the_running_service_agree(
    service: str,
    tmp_path: Path,
    database_url: str,
    kafka_servers: str,
    kafka_namespace: str,
    checker: Promtool,
) -> None:
    async with metrics_of(
        service, tmp_path, database_url, kafka_servers, kafka_namespace
    ) as scraped:
        families = {
            family.name + ("_total" if family.type == "counter" else ""): family
            for family in text_string_to_metric_families(scraped)
            if family.name.startswith("aftercall_") and not family.name.endswith("_created")
        }
        linted = await asyncio.to_thread(checker, "check", "metrics", stdin=scraped)

    rows = described(service)
    assert rows.keys() == families.keys()
    for name, family in families.items():
        row = rows[name]
        assert (row.kind, row.meaning) == (family.type, family.documentation), name
        used = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert used <= row.labels, name
        assert row.worry, name
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("file", sorted(REFERENCE.glob("*.md")), ids=lambda file: str(file.stem))
def test_every_link_to_the_runbook_leads_to_a_heading(file: Path) -> None:
    for page, heading in _RUNBOOK.findall(file.read_text()):
        assert heading in headings(REFERENCE / page), f"{page}#{heading}"


def test_no_label_can_take_any_value() -> None:
    """What a label is called; ids, addresses and texts have no place in one."""
    allowed = {
        *(
            "service",
            "method",
            "route",
            "status",
            "group",
            "topic",
            "fate",
            "enumeration",
            "type",
            "dependency",
        ),
        *(
            "task",
            "schema",
            "provider",
            "outcome",
            "channel",
            "country",
            "state",
            "failure",
            "change",
            "column",
        ),
        *("reason", "kind", "why", "vendor", "way", "report", "problem", "effect", "enumeration"),
    }
    files = [file.stem for file in REFERENCE.glob("*.md")]
    labels = {label for file in files for row in reference(file).values() for label in row.labels}

    assert labels <= allowed
