"""Links in what we write: addresses on our own domain, which nobody can guess. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.store.dialogues import Found
from channel.store.links import OPT_OUT, Told
from common import dialogue
from common.config import WorkspaceConfig
from common.config.links import PREFIX
from common.events.questionnaire import Band, Questionnaire
from common.events.sends import Step
from common.render import variables_of

BYTES = 12  # 96 bits: sixteen characters of an address


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose text it is that names links. `our_number`: the one that was called."""

    workspace: str
    invitation_id: UUID
    contact_id: UUID
    survey_id: str
    our_number: str | None
    band: Band | None
    test: bool
    language: str


def about_step(workspace: str, step: Step) -> About:
    """Somebody who is asked, and has answered nothing."""
    return About(
        workspace=workspace,
        invitation_id=step.invitation_id,
        contact_id=step.contact_id,
        survey_id=step.questionnaire.survey_id,
        our_number=step.our_number,
        band=None,
        test=step.test,
        language=step.questionnaire.language,
    )


def about(found: Found) -> About:
    """A dialogue as it stands."""
    questionnaire = found.questionnaire
    return About(
        workspace=found.workspace,
        invitation_id=found.invitation_id,
        contact_id=found.contact_id,
        survey_id=questionnaire.survey_id,
        our_number=found.step.our_number,
        band=dialogue.band_so_far(questionnaire, found.state),
        test=found.step.test,
        language=questionnaire.language,
    )


@dataclass(frozen=True, slots=True)
class Linking:
    """`base`: what our addresses begin with, such as `https://surveys.example.com/l/sms`."""

    base: str
    pepper: bytes

    def links(
        self, text: str, whose: About, config: WorkspaceConfig | None, now: datetime
    ) -> list[Told]:
        """Those that the text names and the configuration has, for the number that was called."""
        if config is None:
            return []
        named = {
            name.removeprefix(PREFIX) for name in variables_of(text) if name.startswith(PREFIX)
        }
        known = config.links_of(whose.our_number).keys()
        return [self._told(link, whose, now) for link in sorted(named & known)]

    def opt_out(self, survey: Questionnaire, whose: About, now: datetime) -> list[Told]:
        """The one by which they opt out of this channel, where any text of the survey names it."""
        if not dialogue.names_opt_out_link(survey):
            return []
        return [self._told(OPT_OUT, whose, now)]

    def variables(self, links: Sequence[Told]) -> Mapping[str, str]:
        """What `{link_ID}` and `{opt_out_link}` stand for."""
        return {
            dialogue.OPT_OUT_LINK if one.link == OPT_OUT else PREFIX + one.link: (
                f"{self.base}/{one.token}"
            )
            for one in links
        }

    def _told(self, link: str, whose: About, now: datetime) -> Told:
        return Told(
            token=self.token(whose.workspace, whose.invitation_id, link),
            workspace=whose.workspace,
            invitation_id=whose.invitation_id,
            contact_id=whose.contact_id,
            survey_id=whose.survey_id,
            link=link,
            our_number=whose.our_number,
            band=whose.band.value if whose.band else None,
            test=whose.test,
            told_at=now,
            language=whose.language,
        )

    def token(self, workspace: str, invitation: UUID, link: str) -> str:
        """Derived, so that a text that is made again says the same; of the channel, too."""
        name = "\x1f".join(("link", self.base.rpartition("/")[2], workspace, str(invitation), link))
        digest = hmac.new(self.pepper, name.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:BYTES]).decode()
