"""Every route of every service: who may use it, and that nothing that can be sent is our error."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.contracts.written import DOCUMENTS, document, operations
from tests.e2e.commands import Up, up
from tests.e2e.stack import PEPPER
from tests.e2e.test_up import PLAIN
from tests.e2e.world import new_database

BUDGET = 45.0  # seconds of fuzzing in all
EXAMPLES = 40  # of one operation, of each kind, as far as there is time
ID = "00000000-0000-4000-8000-000000000000"
SCOPES = ("events:write", "read", "consent:write", "config:write", "admin")
OURS, OTHER = "acme", "globex"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("every_route"),
]


@dataclass(frozen=True)
class Platform:
    """All services; `keys` of the workspace OURS, one per scope. OTHER is there, too."""

    running: Up
    http: httpx.AsyncClient
    keys: dict[str, str]
    addresses: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(
        self, method: str, path: str, key: str | None = None, **query: str
    ) -> httpx.Response:
        """Every time from another address, for guesses are limited by address."""
        number = next(self.addresses)
        headers = {"x-forwarded-for": f"198.18.{number // 250}.{number % 250 + 1}"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        url = self.running.url + path.format(**dict.fromkeys(_names(path), ID))
        return await self.http.request(method, url, params=query, headers=headers, json={})


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(postgres_url: str) -> AsyncIterator[Platform]:
    environment = {
        **PLAIN,
        "AFTERCALL_DATABASE_URL": await new_database(postgres_url),
        "AFTERCALL_CONTACT_PEPPER": PEPPER,
        "AFTERCALL_REQUESTS_PER_SECOND": "100000",
    }
    async with (
        up(environment=environment) as running,
        httpx.AsyncClient(trust_env=False, timeout=30.0) as client,
    ):
        operator = {"authorization": f"Bearer {running.key}"}
        for name in (OURS, OTHER):
            body = {"workspaces": [{"id": name, "name": name}]}
            url = f"{running.url}/v1/config?workspace={name}"
            assert (await client.put(url, json=body, headers=operator)).is_success
        keys = {}
        for scope in SCOPES:
            made = await client.post(
                f"{running.url}/v1/keys?workspace={OURS}",
                json={"name": scope, "scopes": [scope]},
                headers=operator,
            )
            keys[scope] = made.json()["key"]
        yield Platform(running, client, keys)


def _operations() -> Iterator[tuple[str, str, str, list[str]]]:
    """(service, method, path, scopes); those that need no key are left out."""
    for service in DOCUMENTS:
        for method, path, operation in operations(service):
            scopes = [s for one in operation["security"] for s in one.get("key", [])]
            if scopes:
                yield service, method.upper(), path, scopes


async def test_a_route_is_for_the_keys_with_its_scope_and_their_workspace(
    platform: Platform,
) -> None:
    wrong = []
    looked = 0
    for service, method, path, needed in _operations():
        for key in (None, "x", "ac_x", "ac_x_y", f"ac_{'a' * 200}_b", "ac_a.b_c"):
            answer = await platform.ask(method, path, key)
            looked += 1
            if answer.status_code != 401:
                wrong.append((service, method, path, key, answer.status_code))
        for scope, key in platform.keys.items():
            answer = await platform.ask(method, path, key)
            looked += 1
            may = scope in needed or scope == "admin"
            if (answer.status_code == 403) is may or answer.status_code in (401, 500):
                wrong.append((service, method, path, scope, answer.status_code))
            if may:
                told = (await platform.ask(method, path, key, workspace=OTHER)).status_code
                if told not in (403, 404, 422):
                    wrong.append((service, method, path, f"{scope} of another", told))
    print(f"\n{looked} requests of the auth matrix")  # noqa: T201
    assert wrong == []


async def test_nothing_that_can_be_sent_is_an_error_of_ours(platform: Platform) -> None:
    """By the documents themselves: what they allow, and what they do not."""
    key = platform.running.key
    assert key
    statuses = await asyncio.to_thread(_fuzz, platform.running.url, key)

    told = dict(sorted(statuses.items()))
    print(f"\n{sum(statuses.values())} requests: {told}")  # noqa: T201
    assert not [status for status in statuses if status >= 500]
    assert statuses[200] > 0


def _fuzz(url: str, key: str) -> Counter[int]:
    found: Counter[int] = Counter()
    work = [(one, mode) for one in _described() for mode in GenerationMode]
    ends = time.monotonic() + BUDGET
    for left, (operation, mode) in zip(range(len(work), 0, -1), work, strict=True):
        until = time.monotonic() + (ends - time.monotonic()) / left
        _fuzz_one(operation, mode, url=url, key=key, until=until, found=found)
    return found


def _described() -> list[Any]:
    schemas = [schemathesis.openapi.from_dict(document(service)) for service in DOCUMENTS]
    return [result.ok() for schema in schemas for result in schema.get_all_operations()]


def _fuzz_one(
    operation: Any, mode: GenerationMode, *, url: str, key: str, until: float, found: Counter[int]
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        if time.monotonic() > until:
            return
        with_key = {"authorization": f"Bearer {key}"}
        query = {"workspace": OURS} if "workspace" not in (case.query or {}) else {}
        answer = case.call(base_url=url, headers=with_key, params=query, timeout=10)
        found[answer.status_code] += 1
        assert answer.status_code < 500, f"{operation.label}: {case.as_curl_command()}"

    send()
