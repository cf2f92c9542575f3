"""The configuration that an event is checked by: a file's, a platform's or a built-in example."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from aftercall import files
from aftercall.api import Api
from aftercall.strict_yaml import FileProblem
from common.config import Config, WorkspaceConfig
from common.config.reader import assemble
from common.errors import BadInput
from common.phone import normalised
from orchestrator.domain.configuring.changes import SECTIONS, Documents
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read


class UnusableConfig(Exception):
    """The configuration cannot be used; the text says where it is wrong."""


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """`origin` in words, for people to know by whose rules an event was judged."""

    config: Config
    origin: str


def load_example() -> LoadedConfig:
    text = resources.files("aftercall").joinpath("example.yaml").read_text("utf-8")
    return LoadedConfig(_config(yaml.safe_load(text)), "a built-in example; see --config and --key")


def load_file(path: Path) -> LoadedConfig:
    """As `aftercall apply` would take it. Raises `UnusableConfig`."""
    try:
        file = files.read(path)
        return LoadedConfig(_config(file.body), str(path))
    except FileProblem as problem:
        raise UnusableConfig(str(problem)) from None
    except BadInput as error:
        lines = [f"{file.where(e.field)}: {e.field}: {e.message}" for e in error.errors]
        raise UnusableConfig("\n".join(lines)) from None


def load_platform(api: Api, url: str, workspace: str | None) -> LoadedConfig:
    """A running platform's, of one workspace. Raises `ApiProblem`."""
    params = {"workspace": workspace} if workspace else {}
    body = api.request("GET", "/v1/config", params=params)
    flows = api.request("GET", "/v1/flows", params=params)["flows"]
    since = {flow["id"]: flow["enabled_since"] for flow in flows if flow["enabled_since"]}
    times = {flow: datetime.fromisoformat(time) for flow, time in since.items()}
    # It may be newer than this command: what is not understood here is passed over.
    bodies = {
        (kind, document.get("id") or normalised(document.get("number", "")) or ""): document
        for section, kind in SECTIONS.items()
        for document in body.get(section, ())
    }
    return LoadedConfig(_assembled(bodies, times), f"the workspace as it is on {url}")


def workspace_of(config: Config, named: str | None) -> WorkspaceConfig:
    """The workspace of an event that names one, or the only one. Raises `BadInput`."""
    if named is None and len(config.workspaces) == 1:
        return next(iter(config.workspaces.values()))
    if named is not None and named in config.workspaces:
        return config.workspaces[named]
    there = ", ".join(sorted(config.workspaces)) or "none"
    raise BadInput.at("workspace", f"is no workspace of this configuration; there is {there}")


def _config(body: object) -> Config:
    """Checked as the platform does when it is applied. Raises `BadInput`."""
    written = read(body)
    workspace = _only_workspace(written.bodies)
    errors = review(workspace, written.bodies, places=written.places, elsewhere=Elsewhere())
    if errors:
        raise BadInput(errors)
    return _assembled(written.bodies, {})


def _only_workspace(bodies: Documents) -> str:
    workspaces = [identity for kind, identity in bodies if kind == "workspace"]
    if len(workspaces) != 1:
        raise BadInput.at("workspaces", "one is needed")
    return workspaces[0]


def _assembled(bodies: Documents, since: Mapping[str, datetime]) -> Config:
    """As a service reads them."""
    rows: list[dict[str, Any]] = [
        {
            "workspace": _only_workspace(bodies),
            "kind": kind,
            "id": identity,
            "body": document,
            "version": 1,
            "enabled_since": since.get(identity) if kind == "flow" else None,
        }
        for (kind, identity), document in bodies.items()
    ]
    return assemble(1, rows)
