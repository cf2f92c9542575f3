"""Links in what a dialogue says: addresses on our own domain, which nobody can guess. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.store.dialogues import Found
from channel.store.links import Told
from common import dialogue
from common.config import WorkspaceConfig
from common.config.links import PREFIX
from common.dialogue import Output
from common.render import variables_of

BYTES = 12  # 96 bits: sixteen characters of an address


@dataclass(frozen=True, slots=True)
class Linking:
    """`base`: what our addresses begin with, such as `https://surveys.example.com/l/sms`."""

    base: str
    pepper: bytes

    def links(
        self, found: Found, output: Output, config: WorkspaceConfig | None, now: datetime
    ) -> list[Told]:
        """Those that the output names and the configuration has, for the number that was called."""
        if config is None:
            return []
        called = found.step.our_number
        named = {
            name.removeprefix(PREFIX)
            for name in variables_of(output.text)
            if name.startswith(PREFIX)
        }
        questionnaire = found.step.questionnaire
        band = dialogue.band_so_far(questionnaire, found.state)
        return [
            Told(
                token=self.token(found.workspace, found.invitation_id, link),
                workspace=found.workspace,
                invitation_id=found.invitation_id,
                contact_id=found.contact_id,
                survey_id=questionnaire.survey_id,
                link=link,
                our_number=called,
                band=band.value if band else None,
                test=found.step.test,
                told_at=now,
            )
            for link in sorted(named & config.links_of(called).keys())
        ]

    def variables(self, links: list[Told]) -> Mapping[str, str]:
        """What `{link_ID}` stands for."""
        return {PREFIX + one.link: f"{self.base}/{one.token}" for one in links}

    def token(self, workspace: str, invitation: UUID, link: str) -> str:
        """Derived, so that a text that is made again says the same; of the channel, too."""
        name = "\x1f".join(("link", self.base.rpartition("/")[2], workspace, str(invitation), link))
        digest = hmac.new(self.pepper, name.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:BYTES]).decode()
