"""Every route of every service: whose keys may use it, and for which workspace."""

import itertools
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio

from tests.contracts.written import DOCUMENTS, operations
from tests.e2e.commands import Up, up
from tests.e2e.stack import PEPPER
from tests.e2e.test_up import PLAIN
from tests.e2e.world import new_database

ID = "00000000-0000-4000-8000-000000000000"
SCOPES = ("events:write", "read", "consent:write", "config:write", "privacy", "admin")
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


ENDS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00")


async def test_a_place_in_a_list_that_somebody_made_up_is_read_or_refused(
    platform: Platform,
) -> None:
    """Opaque to those who are told it, and no more than text to those who are not."""
    places = [f"{at}~{ID}" for at in ENDS] + ["~", f"x~{ID}", "2026-01-01T00:00:00Z~x"]
    for at in ENDS:
        for told in ([at, ID], [at[:10], at, ID], [ID, at], {}, None):
            places.append(urlsafe_b64encode(json.dumps(told).encode()).decode())
    looked, wrong = 0, []
    for service in DOCUMENTS:
        for method, path, operation in operations(service):
            known = {one["name"] for one in operation.get("parameters", [])}
            for name in known & {"cursor"}:
                for place in places:
                    answer = await platform.ask(
                        method.upper(), path, platform.keys["admin"], **{name: place}
                    )
                    looked += 1
                    if answer.status_code not in (200, 404, 422):
                        wrong.append((path, name, place, answer.status_code))
    assert wrong == []
    assert looked > 100
