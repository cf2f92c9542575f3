"""What a platform that is up tells whoever started it: lines, or one line of JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass


def console_line(address: str, sign_in: str | None) -> str:
    if sign_in is None:
        return f"The console is at {address}"
    return f"The console, signed in once by this link:\n  {sign_in}"


@dataclass(frozen=True, slots=True)
class Welcome:
    """`key` and `sign_in` are told once; `phone` and `calls` are of a sandbox."""

    url: str
    internal_url: str
    key: str | None
    console: str
    sign_in: str | None
    phone: str | None = None
    calls: str | None = None

    def lines(self) -> Iterator[str]:
        yield f"Aftercall answers at {self.url}"
        yield f"Metrics, OpenAPI and health: {self.internal_url}"
        if self.key:
            yield f"Your key, shown this once:\n  export AFTERCALL_KEY={self.key}"
        yield console_line(self.console, self.sign_in)
        if self.phone:
            yield f"Your phone, in the browser:\n  {self.phone}"
            yield f"Calls of your own, in Aircall's format:\n  {self.calls}"
            yield (
                "A sandbox: carrier, WhatsApp and phone are simulated, for the workspace"
                ' "sandbox".\nNothing leaves this machine, and whom you ask is you.'
            )
        yield "Ctrl-C ends it."

    def as_json(self) -> str:
        return json.dumps(asdict(self))
