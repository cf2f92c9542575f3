"""What the endpoints get from `start`."""

from dataclasses import dataclass

from common.time import Clock
from orchestrator.service.audiences.bringing import Audiences
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.configuration.drafts import Drafts
from orchestrator.service.configuration.keys import Keys
from orchestrator.service.configuration.notices import Notices
from orchestrator.service.configuration.reading import Documents
from orchestrator.service.configuration.secrets import WorkspaceSecrets
from orchestrator.service.consent.consent import Consent
from orchestrator.service.consent.do_not_contact import DoNotContact
from orchestrator.service.consent.doubts import Doubts
from orchestrator.service.consent.linking import Linking
from orchestrator.service.consent.reading import Contacts
from orchestrator.service.deciding.reading import Decisions
from orchestrator.service.dry_run.requests import DryRuns
from orchestrator.service.erasing.erasures import Erasures


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    audiences: Audiences
    decisions: Decisions
    contacts: Contacts
    consent: Consent
    lists: DoNotContact
    linking: Linking
    doubts: Doubts
    documents: Documents
    erasures: Erasures
    drafts: Drafts
    dry_runs: DryRuns
    configuring: Configuring
    keys: Keys
    secrets: WorkspaceSecrets
    notices: Notices
    pepper: bytes
    clock: Clock
