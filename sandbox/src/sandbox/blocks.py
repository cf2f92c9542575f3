"""Who has told which number to stop: default opt-out handling, per pair of numbers."""

from collections.abc import Iterable

from sandbox.wording import ANSWERS, OptOut


class Blocks:
    """A scope is one of our numbers or a Messaging Service."""

    def __init__(self) -> None:
        self._pairs: set[tuple[str, str, str]] = set()  # account, scope, person

    def hold(self, account: str, scope: str, person: str) -> bool:
        return (account, scope, person) in self._pairs

    def apply(
        self, matched: OptOut, account: str, *, scopes: Iterable[str], person: str
    ) -> str | None:
        """What the carrier answers, if anything: START only where it lifts a block."""
        pairs = {(account, scope, person) for scope in scopes}
        if matched is OptOut.STOP:
            self._pairs |= pairs
        elif matched is OptOut.START:
            if not self._pairs & pairs:
                return None
            self._pairs -= pairs
        return ANSWERS[matched]
