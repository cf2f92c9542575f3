"""The schema that a sender's tables are in, and how their rows are named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from common.sealing import Place

# Sealed columns.
MESSAGE_ADDRESS, UNMATCHED_ADDRESS = "messages.address", "unmatched.address"
STEP, FIELDS = "messages.step", "inbox.fields"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
Key = tuple[str, UUID]  # (workspace, id), of contacts and sends


@dataclass(frozen=True, slots=True)
class Schema:
    """Turns the kit's statements, written with `{schema}`, into a sender's."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not a schema name: {self.name!r}")

    def __call__(self, statement: str) -> str:
        return statement.replace("{schema}", self.name)

    def place(self, column: str) -> Place:
        """Of `table.column`: what is sealed for it opens there alone."""
        return Place(f"{self.name}.{column}")


def columns(keys: Iterable[Key]) -> tuple[list[str], list[UUID]]:
    """As parameters of a statement: workspaces, ids."""
    known = list(keys)
    return [workspace for workspace, _ in known], [identity for _, identity in known]
