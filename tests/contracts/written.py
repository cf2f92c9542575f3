"""contracts/ as a reader of it has it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
DOCUMENTS = sorted(path.stem for path in (CONTRACTS / "openapi").glob("*.json"))
EXAMPLES = sorted((CONTRACTS / "examples").rglob("*.json"))
PUBLISHED = [path for path in EXAMPLES if path.parent.name != "intake"]
INTAKE = [path for path in EXAMPLES if path.parent.name == "intake"]


@cache
def schema(name: str) -> Draft202012Validator:
    """By its place in contracts/, such as `events/step.due.v1`; formats are checked, too."""
    text = (CONTRACTS / f"{name}.schema.json").read_text()
    return Draft202012Validator(
        json.loads(text), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


@cache
def document(service: str) -> Any:
    return json.loads((CONTRACTS / f"openapi/{service}.json").read_text())


def operations(service: str) -> Iterator[tuple[str, str, Any]]:
    """(method, path, operation)"""
    for path, methods in document(service)["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def wrong(value: Any, part: Any, service: str) -> list[str]:
    """What a schema of this service's document says against the value."""
    whole = {"components": document(service)["components"], **part}
    checker = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


def named(path: Path) -> str:
    """How a test is called."""
    return path.relative_to(CONTRACTS / "examples").with_suffix("").as_posix()
