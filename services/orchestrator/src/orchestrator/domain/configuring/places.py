"""Where what is wrong with a document is told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from common.errors import FieldError
from orchestrator.domain.configuring.changes import Key


@dataclass(frozen=True, slots=True)
class Places:
    """Where a document stands, and which ones change; one that is stored is named by its id."""

    of: Mapping[Key, str]
    changed: Collection[Key]

    def error(self, kind: str, identity: str, field: str, message: str) -> FieldError:
        place = self.of.get((kind, identity), f"{kind}s.{identity}")
        return FieldError(f"{place}.{field}".rstrip("."), message)
