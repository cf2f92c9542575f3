"""`make audit`, against a service that answers as osv.dev does."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request

from sandbox.server import listen
from tests.contracts.written import ROOT

KNOWN = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-05T00:00:00Z",
    "summary": "Anybody is let in",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "fastapi"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ],
}


@dataclass
class Osv:
    """`affected`: the package that something is known of."""

    affected: str = ""
    asked: set[str] = field(default_factory=set)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/query")
        async def query(request: Request) -> Mapping[str, Any]:
            name = (await request.json())["package"]["name"]
            self.asked.add(name)
            return {"vulns": [KNOWN]} if name == self.affected else {}

        return app


async def audit(osv: Osv, folder: Path) -> tuple[int, Any]:
    """(status, the bill of materials)"""
    written = folder / "bom.json"
    async with listen(osv.app(), "127.0.0.1", 0) as listener:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scripts.audit", "--osv-url", f"{listener.base_url}/v1/query"),
            *("--output", str(written), "--cache-dir", str(folder)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
    assert process.returncode in (0, 1), out.decode()
    assert written.exists(), out.decode()
    return process.returncode, json.loads(written.read_text())


async def test_the_bill_of_materials_has_everything_that_is_installed(tmp_path: Path) -> None:
    osv = Osv()

    status, found = await audit(osv, tmp_path)

    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    pinned = {line.split(" ")[0] for line in lines if "==" in line and ";" not in line}
    listed = {f"{one['name'].lower()}=={one['version']}" for one in found["components"]}
    assert status == 0
    assert found["bomFormat"] == "CycloneDX"
    assert {one.partition("==")[0] for one in pinned} <= osv.asked
    assert pinned <= listed


async def test_what_is_known_of_a_package_fails_the_audit(tmp_path: Path) -> None:
    status, found = await audit(Osv(affected="fastapi"), tmp_path)

    assert status == 1
    assert [one["id"] for one in found["vulnerabilities"]] == [KNOWN["id"]]
