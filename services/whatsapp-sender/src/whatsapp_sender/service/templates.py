"""Follows the templates of every account: by poll, at once when the provider tells of a change.

What a flow needs and the provider has not is submitted for review.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from channel.account_secrets import AccountSecrets
from channel.providers import Access
from common.config import Config, ConfigReader, MetaWhatsAppAccount, WorkspaceConfig
from common.database import Database
from common.errors import Retry
from common.telemetry import logging
from common.time import Clock
from whatsapp_sender import metrics, repository
from whatsapp_sender.domain.templates import Wording
from whatsapp_sender.domain.wanted import wanted
from whatsapp_sender.providers import meta_templates
from whatsapp_sender.providers.meta_templates import There, Unavailable

log = logging.get(__name__)
LOOK = 1.0  # seconds between two looks at the configuration's version
REFUSED = "refused"  # not even reviewed
AGAIN_AFTER = timedelta(hours=6)
ACCOUNTS_AT_ONCE = 10
AT_ONCE = 20  # submissions of one account in one round: Meta allows 100 an hour


@dataclass(slots=True, kw_only=True)
class Templates:
    """One per process. In several replicas each asks; what they store is the same."""

    db: Database
    config: ConfigReader
    secrets: AccountSecrets
    http: httpx.AsyncClient
    clock: Clock
    every: timedelta = timedelta(minutes=5)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self, workspace: str, account: str) -> None:
        """The provider told that something has changed."""
        self._wake.set()

    async def run(self) -> None:
        version, next_at = -1, self.clock()
        while True:
            try:
                config = await self.config.current(max_age=0.5)
                if config.version != version or self._wake.is_set() or self.clock() >= next_at:
                    self._wake.clear()
                    await self.follow_once(config)
                    version, next_at = config.version, self.clock() + self.every
            except Retry as error:
                log.warning("templates_wait", reason=error.reason)
            # Not `wait_for`: it swallows being cancelled when woken at the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()

    async def follow_once(self, config: Config) -> None:
        """Side by side: an account whose answers take long keeps no other's from being read."""
        side_by_side = asyncio.Semaphore(ACCOUNTS_AT_ONCE)
        await asyncio.gather(
            *(
                self._follow_or_log(name, workspace, account, side_by_side)
                for name, workspace in config.workspaces.items()
                for account in workspace.accounts.values()
                if isinstance(account, MetaWhatsAppAccount)
            )
        )
        async with self.db.connection() as connection:
            metrics.not_approved(await repository.not_approved(connection))

    async def _follow_or_log(
        self,
        name: str,
        workspace: WorkspaceConfig,
        account: MetaWhatsAppAccount,
        side_by_side: asyncio.Semaphore,
    ) -> None:
        """What is wrong with one account, or with what Meta says of it, is its own trouble."""
        told = {"workspace": name, "account": account.id}
        async with side_by_side:
            try:
                await self._follow(name, workspace, account)
            except Retry:
                raise
            except (Unavailable, LookupError) as error:
                log.warning("templates_unknown", why=str(error), **told)
            except Exception as error:
                log.error("templates_unknown", exc_info=error, **told)

    async def _follow(
        self, name: str, workspace: WorkspaceConfig, account: MetaWhatsAppAccount
    ) -> None:
        known = self.secrets.for_requests(name, account)
        access = Access(account=account, secrets=known, http=self.http)
        there = {(one.name, one.language): one for one in await meta_templates.listed(access)}
        known_here = await self._refused(name, account)
        there |= {place: one for place, one in known_here.items() if place not in there}
        missing = [one for one in wanted(workspace) if (one.name, one.language) not in there]
        for wording in missing[:AT_ONCE]:
            made = await self._submitted(name, access, wording)
            there[made.name, made.language] = made
        await self._keep(name, account, list(there.values()))

    async def _refused(
        self, workspace: str, account: MetaWhatsAppAccount
    ) -> dict[tuple[str, str], There]:
        """What Meta would not review lately: the same words are not submitted again and again."""
        async with self.db.connection() as connection:
            before = await repository.of_account(connection, workspace, account.id)
        return {
            (one.name, one.language): There(
                name=one.name,
                language=one.language,
                status=one.status,
                category=one.category,
                reason=one.reason,
            )
            for one in before.values()
            if one.status == REFUSED
            and one.changed_at
            and one.changed_at > self.clock() - AGAIN_AFTER
        }

    async def _submitted(
        self, workspace: str, access: Access[MetaWhatsAppAccount], wording: Wording
    ) -> There:
        told = {"workspace": workspace, "account": access.account.id, "template": wording.name}
        try:
            made = await meta_templates.submit(access, wording)
        except Unavailable as error:
            log.warning("template_refused", language=wording.language, why=str(error), **told)
            return There(
                name=wording.name,
                language=wording.language,
                status=REFUSED,
                category="",
                reason=str(error),
            )
        log.info("template_submitted", language=wording.language, status=made.status, **told)
        return made

    async def _keep(self, workspace: str, account: MetaWhatsAppAccount, there: list[There]) -> None:
        """What it no longer has is `gone`."""
        now = [
            repository.Template(
                workspace=workspace,
                account=account.id,
                name=one.name,
                language=one.language,
                status=one.status,
                category=one.category,
                reason=one.reason,
            )
            for one in there
        ]
        async with self.db.transaction() as connection:
            before = await repository.of_account(connection, workspace, account.id)
            keys = {one.key for one in now}
            now += [
                repository.Template(
                    workspace=workspace,
                    account=account.id,
                    name=one.name,
                    language=one.language,
                    status="gone",
                )
                for key, one in before.items()
                if key not in keys
            ]
            await repository.save(connection, now, self.clock())
        for one in now:
            _tell(before.get(one.key), one)


def _tell(before: repository.Template | None, after: repository.Template) -> None:
    if before is None or (before.status, before.category) == (after.status, after.category):
        return
    log.warning(
        "template_changed",
        workspace=after.workspace,
        account=after.account,
        template=after.name,
        language=after.language,
        was=before.status,
        now=after.status,
        category=after.category,
        reason=after.reason,
    )
