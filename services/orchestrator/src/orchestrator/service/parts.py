"""What the endpoints get from `start`."""

from dataclasses import dataclass

from common.database import Database
from common.time import Clock
from orchestrator.service.configuring import Configuring
from orchestrator.service.consent import Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    db: Database
    consent: Consent
    configuring: Configuring
    pepper: bytes
    clock: Clock
