"""What the endpoints work with."""

from dataclasses import dataclass

from closed_loop.service.erasing import Erasing
from closed_loop.service.rules import Rules
from closed_loop.service.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    webhooks: Webhooks
    rules: Rules
    erasing: Erasing
