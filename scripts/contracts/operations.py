"""One operation: FastAPI's description of it, completed by what its endpoint says of itself."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from common.process.access import caller
from common.process.openapi import JSON, Described, description_of
from common.process.sight import OWN
from scripts.contracts.problems import MEANINGS, response
from scripts.contracts.schemas import prose, schema_of, without_titles

COMPONENTS = "#/components/schemas/{model}"
_FIRST = re.compile(r"[.;:]\s")  # ends what a summary can hold
FILES: Mapping[str, Mapping[str, str]] = {
    "text/csv": {"type": "string"},  # its columns are named in its first line
    "application/zip": {"type": "string", "format": "binary"},
}
DONE = {200: "Done.", 201: "Made.", 202: "Durable.", 204: "Done; no body."}


class Components:
    """Schemas by name. FastAPI's own are used where nothing else describes that name."""

    def __init__(self, of_parameters: Mapping[str, Any]) -> None:
        self._of_parameters = of_parameters
        self._found: dict[str, Any] = {}

    def add(self, name: str, schema: Any) -> None:
        if self._found.setdefault(name, schema) != schema:
            raise ValueError(f"two types are called {name}")

    def put(self, kind: Any) -> dict[str, Any]:
        """The schema to stand where this type is meant."""
        schema = schema_of(kind, references=COMPONENTS)
        for name, part in schema.pop("$defs", {}).items():
            self.add(name, part)
        if "title" not in schema:
            return schema
        self.add(schema["title"], schema)
        return {"$ref": COMPONENTS.format(model=schema["title"])}

    def used_by(self, *documents: Any) -> dict[str, Any]:
        """Those that are referred to, by these or by each other."""
        left = {name for one in documents for name in _named(one)}
        used: dict[str, Any] = {}
        while left:
            name = left.pop()
            used[name] = self._found.get(name) or without_titles(self._of_parameters[name])
            left |= set(_named(used[name])) - used.keys()
        return dict(sorted(used.items()))


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in it."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def _named(value: Any) -> Iterator[str]:
    prefix = COMPONENTS.format(model="")
    return (one.removeprefix(prefix) for one in references(value) if one.startswith(prefix))


def complete(
    operation: dict[str, Any], route: APIRoute, components: Components, *, tag: str
) -> None:
    """In place; nothing is left of FastAPI's answers."""
    said = description_of(route.endpoint)
    operation["tags"] = [tag]
    operation["operationId"] = route.name
    operation["security"] = operation.get("security", list(_ways_in(route.dependant)))
    operation["parameters"] = [_parameter(one) for one in operation.get("parameters", [])]
    if "description" in operation:
        operation["description"] = prose(operation["description"])
        operation["summary"] = _FIRST.split(operation["description"], maxsplit=1)[0].rstrip(".")
    if said.reads:
        operation["requestBody"] = {"required": True, "content": _bodies(said, components)}
    answers = _answers(route, said, components)
    operation["responses"] = {
        **_unmodified(route, answers),
        **answers,
        **_problems(operation, said),
        "default": _reference("Problem"),
    }


def _ways_in(dependant: Dependant) -> Iterator[dict[str, list[str]]]:
    """What `common.process.caller` was given, where the endpoint depends on it."""
    for one in dependant.dependencies:
        call = one.call
        if inspect.isfunction(call) and call.__qualname__.startswith(f"{caller.__qualname__}."):
            given = inspect.getclosurevars(call).nonlocals
            yield {"key": [given["scope"]]}
            if given["own"]:
                yield {"person": [OWN]}


def _parameter(declared: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is absent, never null."""
    schema = without_titles(declared["schema"])
    given = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if len(given) > 1:
        schema["anyOf"] = given
    elif given:
        schema |= given[0]
    schema.pop("description", None)
    return declared | {"schema": schema}


def _bodies(said: Described, components: Components) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for media, kind in said.reads.items():
        content[media] = {"schema": components.put(kind)}
        if media in said.examples:
            content[media]["example"] = said.examples[media]
    return content


def _answers(route: APIRoute, said: Described, components: Components) -> dict[str, Any]:
    media = getattr(route.response_class, "media_type", JSON)
    if media in FILES:
        return {"200": {"description": DONE[200], "content": {media: {"schema": FILES[media]}}}}
    gives = said.gives or {route.status_code or 200: route.response_model}
    answers: dict[str, Any] = {}
    for status, kind in gives.items():
        answers[str(status)] = {"description": DONE[status]}
        if kind is not None:
            answers[str(status)]["content"] = {JSON: {"schema": components.put(kind)}}
    return answers


def _unmodified(route: APIRoute, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What is read in JSON has an `ETag` (`common.process.manners`)."""
    is_read = "GET" in (route.methods or ()) and JSON in answers.get("200", {}).get("content", {})
    return {"304": _reference("NotModified")} if is_read else {}


def _problems(operation: dict[str, Any], said: Described) -> dict[str, Any]:
    """Those that follow from what the operation needs, and those that it declared."""
    statuses = {422, 503}
    if any(operation["security"]):
        statuses |= {401, 403}
    if "requestBody" in operation:
        statuses |= {400, 413}
    follow = {status: _reference(f"Problem{status}") for status in statuses & MEANINGS.keys()}
    declared = {status: response(text) for status, text in said.problems.items()}
    return {str(status): one for status, one in sorted((follow | declared).items())}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{name}"}
