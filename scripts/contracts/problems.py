"""What an answer looks like that is no success: RFC 9457."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from common.process.problems import KIND, PROBLEM, type_of

MEANINGS = {
    400: "The body is not JSON.",
    401: "No API key or signature, or a wrong one.",
    403: "The key lacks the scope, or is of another workspace.",
    413: "The body is too large.",
    422: "A parameter or the body is wrong; `errors` names every wrong field.",
    503: "Nothing was stored; try again.",
}
RETRY = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457.",
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "What programs tell it by: `contracts/problems.md` has all.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "description": "Every wrong field.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "A dotted path, as data.ended_at."},
                    "message": {"type": "string"},
                },
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status"],
}
EXAMPLE = {
    "type": "urn:aftercall:problem:invalid_body",
    "title": "Invalid body",
    "status": 422,
    "errors": [{"field": "data.ended_at", "message": "Field required"}],
}


def response(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM: {"schema": schema}}}


def _responses() -> dict[str, Any]:
    found = {f"Problem{status}": response(text) for status, text in MEANINGS.items()}
    found["Problem422"]["content"][PROBLEM]["example"] = EXAMPLE
    found["Problem503"]["headers"] = RETRY
    unmodified = {"description": "It is what `If-None-Match` names by its `ETag`; no body."}
    return found | {
        "NotModified": unmodified,
        "Problem": response("Any other status: what went wrong."),
    }


RESPONSES = _responses()


ROOT = Path(__file__).parents[2]
_RAISERS = ("Problem", "problem", "_refused")  # what makes one; the title is its second argument
# Where the title of another is passed on.
_PASSED_ON = {"problems.py", "access.py"}
_NO_API = {"client", "console"}  # one reads them, the other shows pages
_HEAD = """# Problems
Written from the code by `make contracts`. What went wrong is `application/problem+json` (RFC 9457), told apart by `type`: `{kind}` and a word of this list. `title` says the same to people, `detail` what is particular, `errors` every wrong field. A word keeps its meaning; words are added.

| word | status | title | said by |
|---|---|---|---|
"""  # noqa: E501 - lines of Markdown
_OF_HTTP = (404, 405)  # said of any path, in the words of HTTP


def files() -> dict[str, str]:
    """Name in contracts/ -> text. Raises `ValueError` for a title that is no constant."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for status in _OF_HTTP:
        found[HTTPStatus(status).phrase, status].add("each service")
    for path in sorted(ROOT.glob("*/*/src/**/*.py")):
        service = path.relative_to(ROOT).parts[1]
        if service in _NO_API:
            continue
        for status, title in _raised(path):
            found[title, status].add("each service" if service == "common" else service)
    rows = sorted((type_of(t).removeprefix(KIND), s, t, who) for (t, s), who in found.items())
    lines = [f"| `{w}` | {s} | {t} | {', '.join(sorted(who))} |\n" for w, s, t, who in rows]
    return {"problems.md": _HEAD.format(kind=KIND) + "".join(lines)}


def _raised(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in _RAISERS:
            continue
        title = node.args[1]
        status = 401 if name == "_refused" else getattr(node.args[0], "value", None)
        if isinstance(title, ast.Constant) and isinstance(status, int):
            yield status, str(title.value)
        elif path.name not in _PASSED_ON:
            raise ValueError(f"{path.name}:{node.lineno}: the title of a problem is no constant")
