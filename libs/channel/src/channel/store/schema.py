"""The schema that a sender's tables are in; the kit's SQL is written with `{schema}`."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Schema:
    """Turns the kit's statements into a sender's: `sms_sender` and so on."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not a schema name: {self.name!r}")

    def __call__(self, statement: str) -> str:
        return statement.replace("{schema}", self.name)
