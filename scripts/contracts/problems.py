"""What an answer looks like that is no success: RFC 9457."""

from typing import Any

from common.process.problems import PROBLEM

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
        "type": {"type": "string", "format": "uri-reference"},
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
    "type": "about:blank",
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
