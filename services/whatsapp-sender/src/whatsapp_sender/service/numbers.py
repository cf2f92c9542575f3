"""Follows how our numbers stand at the provider, whenever templates are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel.providers import Access
from common.database import Database
from common.telemetry import logging
from common.time import Clock
from whatsapp_sender import repository
from whatsapp_sender.domain.standing import Known
from whatsapp_sender.providers import REVIEWS
from whatsapp_sender.providers.reviewing import Unavailable

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of every account; reads of one workspace."""

    db: Database
    clock: Clock

    async def of_workspace(self, workspace: str) -> Sequence[Known]:
        async with self.db.scoped(workspace) as connection:
            return await repository.numbers(connection, workspace)

    async def follow(self, workspace: str, access: Access[Any]) -> None:
        """What cannot be learnt of them now says nothing of the templates."""
        account = access.account
        try:
            found = await REVIEWS[account.provider].standing(access)
        except Unavailable as error:
            why = str(error)
            log.warning("numbers_unknown", workspace=workspace, account=account.id, why=why)
            return
        async with self.db.transaction() as connection:
            known = {
                one.standing.number: one.standing
                for one in await repository.numbers(connection, workspace)
                if one.account == account.id
            }
            if known == {one.number: one for one in found}:
                return
            await repository.save_numbers(connection, workspace, account.id, found, self.clock())
        for one in found:
            if known.get(one.number) != one:
                log.warning(
                    "number_changed",
                    workspace=workspace,
                    account=account.id,
                    status=one.status,
                    quality=one.quality,
                    messaging_limit=one.messaging_limit,
                    verification=one.verification,
                )
