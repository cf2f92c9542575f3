"""contracts/openapi/: sound by the public validator, complete for those who generate clients."""

from collections import Counter

import pytest
import yaml
from openapi_spec_validator import validate

from deploy.table import SERVICES
from tests.contracts.written import DOCUMENTS, ROOT, document, operations, wrong

# What is asked by a filter, as figures are: the same query string.
BY_QUERY = {("post", "/v1/studies/{kind}")}
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def test_every_service_has_a_document() -> None:
    pages = {"console"}  # for people; what programs use is what it uses
    assert sorted({service.name for service in SERVICES} - pages) == DOCUMENTS


@pytest.mark.parametrize("service", DOCUMENTS)
def test_the_document_is_sound(service: str) -> None:
    validate(document(service))


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_operation_says_what_it_does_takes_and_gives(service: str) -> None:
    for method, path, operation in operations(service):
        what = f"{method} {path}"
        assert operation.get("description"), what
        for parameter in operation["parameters"]:
            assert parameter.get("description"), (what, parameter["name"])
        if method in ("post", "put", "patch") and (method, path) not in BY_QUERY:
            assert operation["requestBody"]["content"], what
        answers = [one for status, one in operation["responses"].items() if status[0] == "2"]
        assert answers, what
        for answer in answers:
            for content in answer.get("content", {}).values():
                assert content["schema"], what


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_example_fits_its_schema(service: str) -> None:
    for method, path, operation in operations(service):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if "example" in content:
                found = wrong(content["example"], content["schema"], service)
                assert not found, (method, path, media, found)


@pytest.mark.parametrize("service", DOCUMENTS)
def test_what_needs_a_key_says_so_and_which_scope(service: str) -> None:
    open_paths = [
        path for _, path, operation in operations(service) if not any(operation["security"])
    ]
    scopes = [
        scope
        for _, _, operation in operations(service)
        for one in operation["security"]
        for scope in one.get("key", [])
    ]

    assert all(path.startswith("/v1/sources/") for path in open_paths)  # their secret is in the URL
    known = {"events:write", "read", "consent:write", "config:write", "privacy", "admin"}
    assert set(scopes) <= known
    assert scopes


def test_operations_have_names_of_their_own() -> None:
    names = Counter(
        operation["operationId"] for service in DOCUMENTS for _, _, operation in operations(service)
    )

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: str(file.stem))
def test_the_example_configurations_fit(file: object) -> None:
    body = yaml.safe_load(file.read_text())  # type: ignore[attr-defined]

    assert wrong(body, {"$ref": "#/components/schemas/Configuration"}, "orchestrator") == []
