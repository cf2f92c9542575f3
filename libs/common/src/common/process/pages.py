"""What a person sees who opens the address: where things are, and the API's operations as a page.

Plain HTML without a script or a style, so that nothing of it is loaded from anywhere.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

CONSOLE = "/console"
DOCS = "/docs"  # of the internal port, as is /openapi.json


def places(app: FastAPI) -> dict[str, Any]:
    """What `/` answers: the first part of every path that is served here."""
    paths = [route.path for route in app.routes if isinstance(route, APIRoute)]
    api = sorted({"/".join(path.split("/")[:3]) for path in paths if path.startswith("/v1/")})
    found: dict[str, Any] = {"name": "Aftercall", "api": api}
    if any(path.startswith(CONSOLE) for path in paths):
        found["console"] = CONSOLE
    return found | {"documentation": f"{DOCS} and /openapi.json on the internal port"}


def documentation(openapi: Mapping[str, Any]) -> HTMLResponse:
    """Every operation, its words, its parameters and its answers."""
    return HTMLResponse("".join(_page(openapi)))


def _page(openapi: Mapping[str, Any]) -> Iterator[str]:
    title = escape(openapi["info"]["title"])
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield f"<h1>{title}</h1><p>As a document: <a href=/openapi.json>openapi.json</a>. Requests"
    yield " carry <code>Authorization: Bearer ac_…</code>, a key of <code>aftercall keys</code>."
    for path, operations in sorted(openapi["paths"].items()):
        for method, operation in operations.items():
            yield from _operation(f"{method.upper()} {path}", operation)


def _operation(name: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{escape(name)}</code></h2>"
    for paragraph in operation.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    if parameters := operation.get("parameters"):
        yield "<table border=1 cellpadding=4><tr><th>parameter<th>in<th>type<th>"
        for one in parameters:
            cells = (one["name"], one["in"], _type(one.get("schema", {})), one.get("description"))
            yield "<tr>" + "".join(f"<td>{escape(str(cell or ''))}" for cell in cells)
        yield "</table>"
    answers = ", ".join(
        f"{status} {escape(one.get('description', ''))}"
        for status, one in operation.get("responses", {}).items()
    )
    yield f"<p>Answers: {answers}</p>"


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"several: {_type(schema['items'])}"
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return str(schema.get("format") or schema.get("type", ""))
