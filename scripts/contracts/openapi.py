"""OpenAPI of every service that is deployed: its operations, and the types they speak of."""

import copy
import inspect
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from fastapi.routing import APIRoute

from deploy.table import SERVICES, Service
from scripts.contracts.operations import Components, complete, references
from scripts.contracts.problems import PROBLEM_SCHEMA, RESPONSES
from scripts.contracts.schemas import prose

SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ac_<id>_<secret>",
        "description": "An API key, made by `POST /v1/keys`. Each operation names the scope that it"
        " needs; `admin` implies all.",
    },
    "person": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "act_<claims>.<signature>",
        "description": "The token of a person with the role supervisor or agent, made by the"
        " console. The answer holds their own calls alone, and a call that is not theirs is not"
        " there (404).",
    },
    "standardWebhooks": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: a signature of `webhook-id`, `webhook-timestamp` and the"
        " body by one of the source's signing secrets.",
    },
}


def files() -> dict[str, Any]:
    """Name of a file -> document."""
    found = {f"openapi/{service.name}.json": document(service) for service in SERVICES}
    return {name: told for name, told in found.items() if told["paths"]}  # pages are no API


def document(service: Service) -> dict[str, Any]:
    """Raises `ValueError` when two types of one name differ."""
    module, _, name = service.app.partition(":")
    app = getattr(import_module(module), name)
    told = copy.deepcopy(app.openapi())
    components = Components(told.get("components", {}).get("schemas", {}))
    components.add("Problem", PROBLEM_SCHEMA)
    routes = [r for r in app.routes if isinstance(r, APIRoute) and r.include_in_schema]
    for route in routes:
        for method in route.methods or ():
            operation = told["paths"][route.path_format][method.lower()]
            complete(operation, route, components, tag=_tag(route, service))
    paths = dict(sorted(told["paths"].items()))
    return {
        "openapi": told["openapi"],
        "info": {
            "title": f"Aftercall {service.name}",
            "version": "1",
            "description": "\n".join(text for _, text in _tags(routes, service)),
        },
        "servers": [{"url": "/", "description": "One host for all services, by path."}],
        "tags": [{"name": tag, "description": text} for tag, text in _tags(routes, service)],
        "paths": paths,
        "components": {
            "schemas": components.used_by(paths, RESPONSES),
            "responses": {n: one for n, one in RESPONSES.items() if _names(paths, n)},
            "securitySchemes": {n: one for n, one in SECURITY.items() if _secures(paths, n)},
        },
    }


def _tag(route: APIRoute, service: Service) -> str:
    """One module of endpoints is one tag."""
    name = route.endpoint.__module__.rpartition(".")[2]
    return service.name if name == "endpoints" else name


def _tags(routes: Sequence[APIRoute], service: Service) -> list[tuple[str, str]]:
    modules = {_tag(one, service): inspect.getmodule(one.endpoint) for one in routes}
    return [(tag, prose(module.__doc__ or "")) for tag, module in sorted(modules.items()) if module]


def _names(paths: dict[str, Any], response: str) -> bool:
    reference = f"#/components/responses/{response}"
    return any(ref == reference for ref in references(paths))


def _secures(paths: dict[str, Any], scheme: str) -> bool:
    operations = (operation for path in paths.values() for operation in path.values())
    return any(scheme in one for operation in operations for one in operation["security"])
