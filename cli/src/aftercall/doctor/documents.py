"""Documents that this release does not, or not wholly, understand."""

from collections.abc import Iterator

from aftercall.doctor.findings import Finding, named, problem, warning
from common.config import Config, WorkspaceConfig
from common.errors import BadInput

MEND = (
    "Use the release that wrote it, or mend it and apply it again;"
    " until then it is out of use, and nothing else is."
)
NEWER = "A newer release wrote this. Nothing is to be done when the services are of that release."


def examined(config: Config) -> list[Finding]:
    return [
        finding
        for name, workspace in config.workspaces.items()
        for finding in _of_workspace(name, workspace)
    ]


def _of_workspace(name: str, workspace: WorkspaceConfig) -> Iterator[Finding]:
    for (kind, identity), why in workspace.unreadable.items():
        who = f"the workspace {name}" if kind == "workspace" else f"{kind} {identity} of {name}"
        yield problem("documents", f"{who} cannot be read: {_words(why)}", MEND)
    for flow in workspace.flows.values():
        if flow.enabled and ("survey", flow.survey) in workspace.unreadable:
            text = f"flow {flow.id} of {name} asks nobody: its survey cannot be read"
            yield problem("documents", text, MEND)
    for (kind, identity), paths in workspace.passed_over.items():
        text = f"{kind} {identity} of {name}: not known here, passed over: {named(list(paths))}"
        yield warning("documents", text, NEWER)
    for kind, count in workspace.unknown_kinds.items():
        text = f"{name} has {count} of the kind {kind}, which this release does not know"
        yield warning("documents", text, NEWER)


def _words(why: BadInput) -> str:
    return named([f"{error.field or 'document'}: {error.message}" for error in why.errors], most=3)
