"""Two workspaces on one platform: what one asks for by an id of the other is not there."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from common.database import Database
from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, event, until

CONTRACTS = Path(__file__).parents[2] / "contracts/openapi"
SCOPES = ["events:write", "read", "consent:write", "config:write", "privacy", "admin"]
CALLS = 12
KEEPS = ("config", "ingest", "orchestrator", "sms_sender", "analytics")  # schemas

ADDRESSES = {"addresses": [customer(1)]}
# What a write is sent with; a new one has to be thought of here.
Body = Callable[[str], Any]
BODIES: Mapping[tuple[str, str], Body] = {
    ("PUT", "/v1/consent"): lambda one: {"contact_id": one, "channel": "all", "state": "withdrawn"},
    ("PATCH", "/v1/flows/{flow}"): lambda one: {"enabled": False},
    ("DELETE", "/v1/contacts/{contact}"): lambda one: None,
    ("PATCH", "/v1/doubts/{doubt}"): lambda one: {"opted_out": False},
    ("DELETE", "/v1/keys/{key_id}"): lambda one: None,
    ("DELETE", "/v1/secrets/{name}"): lambda one: None,
    ("PUT", "/v1/config/documents/{kind}/{id}"): lambda one: {},
    ("PATCH", "/v1/config/documents/{kind}/{id}"): lambda one: {},
    ("POST", "/v1/config/documents/{kind}/{id}/restore"): lambda one: {"version": 1},
    ("DELETE", "/v1/config/documents/{kind}/{id}"): lambda one: None,
    ("PUT", "/v1/config/drafts/{kind}/{id}"): lambda one: {},
    ("DELETE", "/v1/config/drafts/{kind}/{id}"): lambda one: None,
    ("PATCH", "/v1/audiences/{audience}"): lambda one: {"state": "paused"},
    ("DELETE", "/v1/audiences/{audience}"): lambda one: None,
    ("PATCH", "/v1/alerts/rules/{rule}"): lambda one: {"enabled": False},
    ("DELETE", "/v1/alerts/rules/{rule}"): lambda one: None,
    ("PATCH", "/v1/webhooks/{endpoint}"): lambda one: {"enabled": False},
    ("DELETE", "/v1/webhooks/{endpoint}"): lambda one: None,
    ("POST", "/v1/webhooks/{endpoint}/replay"): lambda one: {"from": "2026-01-05T10:00:00Z"},
    ("POST", "/v1/webhooks/{endpoint}/secret"): lambda one: {"keep_hours": 24},
    ("POST", "/v1/webhooks/{endpoint}/test"): lambda one: {"text": "x"},
    ("DELETE", "/v1/do-not-contact/{list}"): lambda one: None,
    ("POST", "/v1/do-not-contact/{list}/removals"): lambda one: ADDRESSES,
    ("POST", "/v1/do-not-contact/{list}/loads/{load}"): lambda one: ADDRESSES,
    ("PATCH", "/v1/do-not-contact/{list}/loads/{load}"): lambda one: {"finished": True},
    ("DELETE", "/v1/flows/dry-run/{run}"): lambda one: None,
}
# Those that write under a name of the caller's own choice, in the workspace that they name.
CHOOSES_A_NAME = {
    ("PUT", "/v1/secrets/{name}"): {"value": "a secret"},
    ("POST", "/v1/audiences/{audience}/people"): {"people": [{"address": customer(1)}]},
    ("POST", "/v1/do-not-contact/{list}/entries"): ADDRESSES,
    ("POST", "/v1/do-not-contact/{list}/loads"): ADDRESSES,
    ("POST", "/v1/studies/{kind}"): None,
}
# Where not every name will do: which, and what the query needs.
CHOSEN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "/v1/studies/{kind}": ("drivers", {"metric": "csat"})
}
# Those that take no id of anything that is stored: they are refused by the workspace they name.
NAMES_A_WORKSPACE = {
    ("PUT", "/v1/config"),
    ("POST", "/v1/config/drafts/publish"),
    ("POST", "/v1/keys"),
    ("POST", "/v1/events"),
    ("POST", "/v1/consent/import"),
    ("POST", "/v1/contacts/erase"),
    ("POST", "/v1/contacts/export"),
    ("POST", "/v1/contacts/find"),
    ("POST", "/v1/contacts/link"),
    ("POST", "/v1/contacts/unlink"),
    ("POST", "/v1/calls/find"),
    ("POST", "/v1/legal-notice/acknowledgements"),
    ("POST", "/v1/alerts/rules"),
    ("POST", "/v1/webhooks"),
    ("POST", "/v1/flows/dry-run"),
}
ANY_BODY: Mapping[str, Any] = {
    "/v1/keys": {"name": "x", "scopes": ["read"]},
    "/v1/config/drafts/publish": {"drafts": [{"kind": "flow", "id": "x"}]},
    "/v1/events": event("of-another", customer(1)),
    "/v1/contacts/erase": {"address": customer(1)},
    "/v1/contacts/export": {"address": customer(1)},
    "/v1/contacts/find": {"address": customer(1)},
    "/v1/contacts/link": {"addresses": [customer(1), customer(2)]},
    "/v1/contacts/unlink": {"address": customer(1)},
    "/v1/calls/find": {"address": customer(1)},
    "/v1/legal-notice/acknowledgements": {"version": "x"},
    "/v1/alerts/rules": {"name": "x", "kind": "low_rating", "emails": ["ann@example.com"]},
    "/v1/webhooks": {
        "name": "x",
        "url": "https://crm.example.com/hooks",
        "events": ["response.created"],
    },
}
WANTED = {"by id": {404}, "by name": {403}, "of its own": {200, 404}}
VENDORS = "/v1/sources/"  # by the secret of the source, not by a key


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    parameters: tuple[str, ...]  # of the path
    needs: tuple[str, ...]  # parameters of the query
    takes_uuid: bool
    numbers: frozenset[str]  # of the parameters those that are whole numbers

    @property
    def by_id(self) -> bool:
        return bool(self.parameters) or (self.method, self.path) in BODIES

    def filled(self, one: str) -> str:
        path = self.path
        for name in self.parameters:
            path = path.replace(f"{{{name}}}", "1" if name in self.numbers else one)
        return path


def routes() -> Iterator[Route]:
    """Every operation that the contracts promise."""
    for file in sorted(CONTRACTS.glob("*.json")):
        for path, operations in json.loads(file.read_text())["paths"].items():
            if path.startswith(VENDORS):
                continue
            for method, operation in operations.items():
                given = [one for one in operation.get("parameters", ()) if "name" in one]
                in_path = [one for one in given if one["in"] == "path"]
                yield Route(
                    method.upper(),
                    path,
                    tuple(one["name"] for one in in_path),
                    tuple(o["name"] for o in given if o["in"] == "query" and o.get("required")),
                    (method.upper(), path) == ("PUT", "/v1/consent")
                    or any(one["schema"].get("format") == "uuid" for one in in_path),
                    frozenset(o["name"] for o in in_path if o["schema"].get("type") == "integer"),
                )


async def test_no_route_gives_or_changes_anything_of_another_workspace(
    world: World, tell: Callable[[str], None]
) -> None:
    one, other = [await _lived_in(world, f"apart-{which}") for which in ("a", "b")]

    for ours, theirs in ((one, other), (other, one)):
        before = await _everything(world.db, theirs)
        foreign = await _ids(world.db, theirs) - await _ids(world.db, ours)
        statuses = await _walk(world, ours, theirs, foreign)
        assert await _everything(world.db, theirs) == before
        tell(f"{ours.name} with {len(foreign)} ids of {theirs.name}: {dict(statuses)}")


async def _walk(
    world: World, ours: Tenant, theirs: Tenant, foreign: set[str]
) -> Counter[tuple[str, int]]:
    """Every route with every id of theirs; (route, status) -> how often."""
    body = {"name": "a walker", "scopes": SCOPES, "workspace": ours.name}
    key = await world.call("POST", "/v1/keys", json=body)
    headers = {"Authorization": f"Bearer {key['key']}"}
    statuses: Counter[tuple[str, int]] = Counter()
    for route in routes():
        label = f"{route.method} {route.path}"
        for asked, status, text in await _tries(world, route, theirs, foreign, headers=headers):
            statuses[label, status] += 1
            assert status in WANTED[asked], f"{label} {asked}: {status} {text}"
            leaked = [] if asked == "by id" else [one for one in foreign if one in text]
            assert not leaked, f"{label} {asked} shows {leaked}"
    return statuses


async def _tries(
    world: World, route: Route, theirs: Tenant, foreign: set[str], *, headers: Mapping[str, str]
) -> list[tuple[str, int, str]]:
    """(how it was asked, status, answer) of every way to ask this route for what is theirs."""
    found = []
    key = (route.method, route.path)

    async def ask(how: str, path: str, body: Any = None, **params: str) -> None:
        answer = await world.http.request(
            route.method, world.url(path), headers=headers, params=params, json=body
        )
        found.append((how, answer.status_code, answer.text))

    needs = dict.fromkeys(route.needs, customer(900))
    if key in CHOOSES_A_NAME:
        name, query = CHOSEN.get(route.path, ("chosen", {}))
        await ask(
            "by name", route.filled(name), CHOOSES_A_NAME[key], workspace=theirs.name, **query
        )
    elif route.by_id:
        assert route.method == "GET" or key in BODIES, f"think of a body for {key}"
        for one in sorted(foreign):
            if route.takes_uuid is _is_uuid(one):
                body = BODIES[key](one) if key in BODIES else None
                await ask("by id", route.filled(one), body)
    elif route.method == "GET":
        await ask("of its own", route.path, **needs)
    else:
        assert key in NAMES_A_WORKSPACE, f"think of {key}"
    if not route.parameters and route.path != "/v1/workspaces":  # that takes no parameter
        body = None if route.method == "GET" else ANY_BODY.get(route.path, {})
        await ask("by name", route.path, body, workspace=theirs.name, **needs)
    return found


def _is_uuid(one: str) -> bool:
    try:
        UUID(one)
    except ValueError:
        return False
    return True


async def _lived_in(world: World, name: str) -> Tenant:
    """A workspace with calls, answers, somebody who said STOP, and documents of its own."""
    flow = {"id": f"flow-of-{name}", "survey": "csat", "enabled": True, "minimum_talk": "0s"}
    tenant = await world.tenant(name, flows=[flow])
    first = 900
    for number in range(CALLS):
        await tenant.ends(f"{name}-{number}", customer(first + number))

    async def asked() -> bool:
        return len([ask for ask in tenant.asks() if ask.accepted]) == CALLS

    await until(asked)
    for number, text in enumerate(("5", "4 but slow", "STOP", "what?")):
        await world.carrier.receive(
            customer(first + number), tenant.sender, body=text, account=tenant.sid
        )
    await tenant.quiet(calls=CALLS)
    return tenant


async def _ids(db: Database, tenant: Tenant) -> set[str]:
    """Every id in any row of the workspace: uuids, and the names of documents and keys."""
    found: set[str] = set()
    async with db.connection() as connection:
        for schema, table, columns in await _tables(db):
            for column, kind in columns.items():
                if kind == "uuid" or (column == "id" and kind == "text"):
                    rows = await connection.fetch(
                        f"select distinct {column}::text as one from {schema}.{table}"
                        f" where workspace = $1 and {column} is not null",
                        tenant.name,
                    )
                    found |= {row["one"] for row in rows}
    return found


async def _everything(db: Database, tenant: Tenant) -> dict[str, str]:
    """A digest of each table's rows of the workspace."""
    found = {}
    async with db.connection() as connection:
        for schema, table, _ in await _tables(db):
            found[f"{schema}.{table}"] = await connection.fetchval(
                f"select md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
                f" from {schema}.{table} t where workspace = $1",
                tenant.name,
            )
    return found


async def _tables(db: Database) -> list[tuple[str, str, dict[str, str]]]:
    """(schema, table, type by column) of all that belongs to workspaces."""
    async with db.connection() as connection:
        rows = await connection.fetch(
            "select c.table_schema, c.table_name, c.column_name, c.data_type"
            " from information_schema.columns c join information_schema.tables t"
            " using (table_schema, table_name)"
            " where c.table_schema = any($1) and t.table_type = 'BASE TABLE'",
            list(KEEPS),
        )
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        of_table = tables.setdefault((row["table_schema"], row["table_name"]), {})
        of_table[row["column_name"]] = row["data_type"]
    return [(*name, columns) for name, columns in tables.items() if "workspace" in columns]
