"""libs/client: a module for each service with the types of its API and a function per operation.

Types come from the OpenAPI documents by datamodel-code-generator, operations from the same by us.
"""

import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datamodel_code_generator import DataModelType, InputFileType, generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.format import Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType

FOLDER = "../libs/client/src/aftercall_client/api"
_RUFF = str(Path(sys.executable).with_name("ruff"))
_JSON = "application/json"
_WORDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_TIMES = {"date": "date | str", "date-time": "datetime | str"}
_IMPORTS = """from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation
"""


def files(documents: Mapping[str, Any]) -> dict[str, str]:
    """`documents`: `openapi/<service>.json` -> OpenAPI. Name of a module -> its text."""
    found = {}
    for name, document in documents.items():
        service = name.removeprefix("openapi/").removesuffix(".json")
        title = f"The API of {service}. Written from its OpenAPI document by `make contracts`."
        text = "\n".join([f'"""{title}"""', _IMPORTS, _types(document), *_operations(document)])
        found[f"{FOLDER}/{service.replace('-', '_')}.py"] = _formatted(text)
    return found


def _types(document: Mapping[str, Any]) -> str:
    told = generate(
        document,
        config=GenerateConfig(
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.TypingTypedDict,
            target_python_version=PythonVersion.PY_311,
            enum_field_as_literal=LiteralType.All,
            use_closed_typed_dict=False,
            use_schema_description=True,
            use_field_description=True,
            formatters=[Formatter.BUILTIN],
            disable_timestamp=True,
        ),
    )
    lines = str(told).splitlines()
    begin = max(i for i, line in enumerate(lines) if line.startswith("from "))
    return "\n".join(lines[begin + 1 :])


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(method, path, operation)


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Iterator[str]:
    name = told["operationId"]
    given = {
        place: [one for one in told.get("parameters", ()) if one["in"] == place]
        for place in ("path", "query", "header")
    }
    query = f"{name.title().replace('_', '')}Query"
    if given["query"]:
        yield f"class {query}(TypedDict, total=False):"
        for one in given["query"]:
            yield f"    {_identifier(one['name'])}: {_wanted(one)}"
            yield from _doc(one.get("description", ""), indent=1)
    takes = [f"{_identifier(one['name'])}: {_type(one['schema'])}" for one in given["path"]]
    passes = [f'"{method.upper()}"', _filled(path)]
    if body := told.get("requestBody"):
        takes.append(f"body: {_body(body)}")
        passes.append(_body_passed(body))
    if given["header"]:
        takes.append("*")
    for one in given["header"]:
        takes.append(f"{_identifier(one['name'])}: str | None = None")
    if given["header"]:
        names = ", ".join(f'"{one["name"]}": {_identifier(one["name"])}' for one in given["header"])
        passes.append(f"headers={{{names}}}")
    if given["query"]:
        takes.append(f"**query: Unpack[{query}]")
        passes.append("query=query")
    answer = _answer(told["responses"])
    yield f"def {name}({', '.join(takes)}) -> Operation[{answer}]:"
    yield from _doc(told.get("description") or told["summary"], indent=1)
    yield f"    return Operation({', '.join(passes)})"


def _identifier(name: str) -> str:
    name = re.sub(r"\W", "_", name)
    return f"{name}_" if keyword.iskeyword(name) else name


def _filled(path: str) -> str:
    """An expression: a path whose parts are quoted where it is sent."""
    parts = re.findall(r"{(\w+)}", path)
    if not parts:
        return f'"{path}"'
    return f'"{path}", parts={{{", ".join(f"{part!r}: {_identifier(part)}" for part in parts)}}}'


def _wanted(one: Mapping[str, Any]) -> str:
    told = _type(one["schema"])
    return f"Required[{told}]" if one["required"] else told


def _body(body: Mapping[str, Any]) -> str:
    (told, *_) = body["content"].values()
    return _type(told["schema"])


def _body_passed(body: Mapping[str, Any]) -> str:
    (media, *_) = body["content"]
    return "body=body" if media == _JSON else f'body=body, media="{media}"'


def _answer(responses: Mapping[str, Any]) -> str:
    done = next(one for code, one in responses.items() if code.startswith("2"))
    content = done.get("content")
    if not content:
        return "None"
    return _type(content[_JSON]["schema"]) if _JSON in content else "bytes"


def _type(schema: Mapping[str, Any]) -> str:
    """The type of Python that a schema of an operation stands for."""
    if reference := schema.get("$ref"):
        return str(reference).rpartition("/")[2].replace("-", "")
    if choices := schema.get("anyOf", schema.get("oneOf")):
        return " | ".join(dict.fromkeys(_type(one) for one in choices))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(one) for one in schema['enum'])}]"
    if schema.get("type") == "array":
        return f"Sequence[{_type(schema['items'])}]"
    if schema.get("type") == "object":
        return "Mapping[str, Any]"
    return _TIMES.get(schema.get("format", ""), _WORDS[schema["type"]])


def _doc(text: str, *, indent: int) -> Iterator[str]:
    if not text:
        return
    told = text.replace("\\", "\\\\").replace('"""', "'''")
    lines = [line for part in told.splitlines() for line in (textwrap.wrap(part, 90) or [""])]
    whole = "\n".join(lines)
    closed = f'"""{whole}\n"""' if len(lines) > 1 else f'"""{whole}"""'
    yield textwrap.indent(closed, "    " * indent)


def _formatted(text: str) -> str:
    return subprocess.run(  # noqa: S603  our own arguments
        [_RUFF, "format", "-"], input=text, check=True, capture_output=True, text=True
    ).stdout
