"""contracts/config/ and docs/configuration.md: every document and field, from the models."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from common.config.accounts import kinds_of_account
from common.config.models import KINDS
from common.events.questionnaire import Texts, VoiceTexts
from scripts.contracts.schemas import made_of, prose, schema_of

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = "config/configuration.schema.json"
_BY_READER = {"survey": ("version",), "flow": ("version", "enabled_since")}  # nobody writes these
_ABOVE = re.compile(r"^((?:    # .+\n)+)    (\w+): ", re.MULTILINE)
_PERIOD = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SLUG = "^[a-z0-9][a-z0-9_-]{0,62}$"
_NAMED = {
    _SLUG: "an id",
    r"^\d+\s*[smhd]$": "a duration",
    "^[A-Z]{2}$": "a country",
    "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$": "a language",
}
HEAD = """# Configuration
Written from the models by `make contracts`. A file holds the documents of one workspace in sections; several workspaces stand in one file with a line `---` between them. `aftercall diff FILE` shows what it would change (old and new values), `aftercall apply FILE` does it: of each workspace all of it, or nothing. What a file does not name stays as it is, unless `--prune` removes it, which asks first. `aftercall get KIND ID` prints one document, `aftercall delete KIND ID` removes one, `aftercall export WORKSPACE` prints all. A file decides: a flow that somebody switched off is switched on again by a file that says `enabled: true`, and `diff` says so.

Your editor completes and checks a file that begins with
```yaml
# yaml-language-server: $schema=../contracts/config/configuration.schema.json
```
(the path from the file to [that schema](../contracts/config/configuration.schema.json); VS Code needs the extension YAML.) Every key may be there once only; unknown ones are refused with what was probably meant.

| word | written |
|---|---|
| an id | small letters, digits, `-` and `_`, at most 63 |
| a duration | `90s`, `15m`, `12h`, `30d`; at most 366 days (`retention`: 3660) |
| a country | two capitals of ISO 3166, such as `IN` |
| a language | `en`, `pt-BR` |
| a number | E.164 in quotes, such as `"+12025550190"` |
| a zone | of the IANA database, such as `Asia/Kolkata` |
| a secret | never itself: `secret:NAME` (`aftercall secrets set NAME`), or by an operator `env:NAME`, `file:PATH` |
"""  # noqa: E501 - lines of Markdown
_WORDS = {  # fields whose type says less than it could
    "number": "a number",
    "zone": "a zone",
    "auth_token": "a secret",
    "access_token": "a secret",
    "app_secret": "a secret",
    "verify_token": "a secret",
}


def schemas() -> dict[str, Any]:
    """Name in contracts/ -> JSON Schema of a file."""
    definitions: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for kind, schema in _schemas().items():
        definitions |= _standard(schema.pop("$defs", {}))
        definitions[kind] = _standard(schema)
        sections[f"{kind}s"] = {"type": "array", "items": {"$ref": f"#/$defs/{kind}"}}
    return {
        SCHEMA: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Configuration of a workspace of Aftercall",
            "type": "object",
            "additionalProperties": False,
            "properties": sections,
            "$defs": dict(sorted(definitions.items())),
        }
    }


def files() -> dict[str, str]:
    """Name in docs/ -> text."""
    parts: list[str] = [HEAD]
    for kind, schema in _schemas().items():
        definitions = schema.pop("$defs", {})
        parts += [f"## {kind}", *_example(kind)]
        for one in schema.get("oneOf", [schema]):
            own = _resolved(one, definitions)
            if "oneOf" in schema:
                parts.append(f"### {_account(own)}")
            parts += _table(own, definitions)
        inner = {name: d for name, d in definitions.items() if "properties" in d}
        of_union = {ref.rpartition("/")[2] for ref in _references(schema.get("oneOf", []))}
        for name, definition in sorted(inner.items()):
            if "oneOf" not in schema or name not in of_union:
                parts += [f"### {name} (of {kind})", *_table(definition, definitions)]
    parts += ["## Texts", *_texts(Texts)]
    parts += ["## Texts on the telephone", *_texts(VoiceTexts)]
    return {"configuration.md": "\n".join(parts) + "\n"}


def _schemas() -> dict[str, dict[str, Any]]:
    """By kind, as people write them."""
    found = {}
    for kind, model in KINDS.items():
        schema = schema_of(model, mode="validation")
        for name in _BY_READER.get(kind, ()):
            del schema["properties"][name]
        models = {one.__name__: one for one in (model, *made_of(model), *kinds_of_account())}
        models |= {one.__name__: one for account in kinds_of_account() for one in made_of(account)}
        for name, part in [(schema.get("title"), schema), *schema.get("$defs", {}).items()]:
            if name in models:
                _explain(part, models[name])
        found[kind] = schema
    return found


def _standard(node: Any) -> Any:
    """Without the bounds of durations, for which JSON Schema has no words."""
    if isinstance(node, list):
        return [_standard(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _standard(one)
        for name, one in node.items()
        if name not in ("ge", "le") or not isinstance(one, str)
    }


def _explain(schema: dict[str, Any], model: type[Any]) -> None:
    """What stands above a field says what it is, as what stands beside it does."""
    if "description" in schema:
        schema["description"] = prose(schema["description"])
    for one in reversed(model.__mro__):
        if not one.__module__.startswith("common."):
            continue
        for comment, field in _ABOVE.findall(inspect.getsource(one)):
            words = " ".join(line.strip(" #") for line in comment.splitlines())
            if field in schema.get("properties", {}):
                schema["properties"][field].setdefault("description", words)


def _table(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("description"):
        yield f"{schema['description']}\n"
    yield "| field | type | default | limits | |"
    yield "|---|---|---|---|---|"
    needed = schema.get("required", ())
    for name, one in schema["properties"].items():
        default = "needed" if name in needed else _written(one.get("default"))
        described = str(one.get("description", "")).replace("|", "\\|").replace("\n", " ")
        cells = [_type(name, one, definitions), default, _limits(one), described]
        yield f"| `{name}` | {' | '.join(cells)} |"
    yield ""


def _type(name: str, node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if name in _WORDS:
        return _WORDS[name]
    if "anyOf" in node:
        kinds = [one for one in node["anyOf"] if one.get("type") != "null"]
        return " or ".join(_type(name, one, definitions) for one in kinds)
    if "$ref" in node:
        return _reference(node["$ref"].rpartition("/")[2], definitions)
    if "const" in node:
        return f"`{node['const']}`"
    if node.get("type") == "array":
        if "prefixItems" in node:
            return f"a list of {len(node['prefixItems'])}"
        inner = "secret" if "secrets" in name else _type(name.removesuffix("s"), node["items"], {})
        inner = _type("", node["items"], definitions) if "$ref" in node["items"] else inner
        return f"a list: {inner}"
    if node.get("type") == "object":
        return "a mapping"
    words = {"string": "a text", "boolean": "true or false", "integer": "a whole number"}
    return _NAMED.get(node.get("pattern", ""), words.get(node.get("type", ""), "a number"))


def _reference(name: str, definitions: Mapping[str, Any]) -> str:
    found = definitions.get(name, {})
    if "enum" in found:
        return ", ".join(f"`{word}`" for word in found["enum"])
    return f"[{name}](#{name.lower()}-of-{_owner(name)})" if "properties" in found else name


def _owner(name: str) -> str:
    """The first kind whose section has it."""
    return next(k for k, m in KINDS.items() if name in {o.__name__ for o in _made(k, m)})


def _made(kind: str, model: type[Any]) -> set[type[Any]]:
    if kind != "account":
        return made_of(model)
    return {one for account in kinds_of_account() for one in made_of(account)}


def _limits(node: Mapping[str, Any]) -> str:
    found = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("ge", "le", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
        ("minProperties", "maxProperties", " of them"),
    ):
        ends = [_bound(node[end]) for end in (low, high) if end in node]
        if len(ends) == 2:
            found.append(f"{ends[0]} to {ends[1]}{unit}")
        elif ends:
            found.append(f"{'from' if low in node else 'at most'} {ends[0]}{unit}")
    pattern = node.get("pattern", "")
    if pattern and pattern not in _NAMED:
        found.append("`" + pattern.replace("|", "\\|") + "`")
    return "; ".join(found)


def _bound(value: Any) -> str:
    period = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if period is None:
        return f"{value:,}" if isinstance(value, int) else str(value)
    parts = zip(period.groups(), ("w", "d", "h", "m", "s"), strict=True)
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _written(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, width=200).removesuffix("...\n").strip()
    return f"`{text}`".replace("|", "\\|")


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    found: Mapping[str, Any] = definitions[node["$ref"].rpartition("/")[2]]
    return found


def _references(value: Any) -> Iterator[str]:
    for one in value:
        if "$ref" in one:
            yield one["$ref"]


def _account(schema: Mapping[str, Any]) -> str:
    fields = schema["properties"]
    channel, provider = (fields[name].get("const", fields[name].get("default")) for name in _TOLD)
    return f"{channel} by {provider}"


_TOLD = ("channel", "provider")


def _example(kind: str) -> Iterator[str]:
    """The first one of the examples."""
    for path in sorted(EXAMPLES.glob("*.yaml")):
        body = yaml.safe_load(path.read_text("utf-8"))
        if documents := body.get(f"{kind}s"):
            text = yaml.safe_dump({f"{kind}s": documents[:1]}, sort_keys=False, allow_unicode=True)
            yield f"```yaml\n{text}```\n"
            return


def _texts(model: type[Any]) -> Iterator[str]:
    """Words that may be replaced, by language."""
    yield f"{prose(model.__doc__ or '')}\n"
    yield "| text | default |"
    yield "|---|---|"
    for name, one in schema_of(model)["properties"].items():
        yield f"| `{name}` | {_written(one.get('default'))} |"
    yield ""
