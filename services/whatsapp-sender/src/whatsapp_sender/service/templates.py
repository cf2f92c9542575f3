"""Follows the templates of every account: by poll, at once when the provider tells of a change.

What a flow needs and the provider has not is submitted for review.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx

from channel.account_secrets import AccountSecrets
from channel.providers import Access
from common.config import Account, Config, ConfigReader, WorkspaceConfig
from common.database import Database
from common.errors import Retry
from common.events.values import Channel
from common.telemetry import logging
from common.time import Clock
from whatsapp_sender import metrics, repository
from whatsapp_sender.domain.polling import AccountKey, Polling
from whatsapp_sender.domain.templates import PREFIX, State, Wording
from whatsapp_sender.domain.wanted import wanted
from whatsapp_sender.providers import REVIEWS
from whatsapp_sender.providers.reviewing import UNSUBMITTED, Refused, Unavailable
from whatsapp_sender.repository import Place
from whatsapp_sender.service.numbers import Numbers

log = logging.get(__name__)
LOOK = 1.0  # seconds between two looks at the configuration's version
REFUSED, GONE = "refused", "gone"  # not even reviewed; no longer the account's
OVER = frozenset({REFUSED, GONE})
AGAIN_AFTER = timedelta(hours=6)
ACCOUNTS_AT_ONCE = 10
AT_ONCE = 20  # submissions of one account in one round: Meta allows 100 an hour
LONGEST = 120.0  # seconds that one account may take: what is left comes in the next round
Need = tuple[Account, frozenset[Place]]
FOLLOWING = (0x74656D70, 0)  # an advisory lock's key: whose replica follows


@dataclass(slots=True, kw_only=True)
class Templates:
    """One per process; of several replicas one follows at a time."""

    db: Database
    config: ConfigReader
    secrets: AccountSecrets
    http: httpx.AsyncClient
    numbers: Numbers
    clock: Clock
    every: timedelta = timedelta(minutes=5)
    _polling: Polling = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._polling = Polling(every=self.every)

    def wake(self, workspace: str, account: str) -> None:
        """The provider told that something of this account has changed."""
        self._polling.wake((workspace, account), self.clock())
        self._wake.set()

    async def of_workspace(self, workspace: str) -> Sequence[tuple[str, State]]:
        """With the account of each."""
        async with self.db.scoped(workspace) as connection:
            return await repository.of_workspace(connection, workspace)

    async def states(
        self, workspace: str, places: Collection[Place]
    ) -> Mapping[Place, tuple[str, str]]:
        """Status and reason of these, of whichever account has come furthest with each."""
        found = await self.of_workspace(workspace)
        told: dict[Place, tuple[str, str]] = {}
        for _, one in found:
            if one.place in places and told.get(one.place, ("", ""))[0] != repository.APPROVED:
                told[one.place] = one.status, one.reason
        return told

    async def run(self) -> None:
        version = -1
        while True:
            self._wake.clear()
            try:
                config = await self.config.current(max_age=0.5)
                if config.version != version:
                    needs = await asyncio.to_thread(
                        _needs, config
                    )  # of many workspaces it takes long
                    self._polling.need(needs, self.clock())
                    version = config.version
                await self._follow_due(config)
            except Retry as error:
                log.warning("templates_wait", reason=error.reason)
            # Not `wait_for`: it swallows being cancelled when woken at the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()

    async def follow_once(self, config: Config) -> None:
        """Every account, due or not."""
        await self._follow_all(config, _needs(config))

    async def _follow_due(self, config: Config) -> None:
        if not self._polling.due(self.clock()):
            return
        # The lock is the session's: no transaction stays open while the provider is asked.
        async with self.db.session() as connection:
            if await connection.fetchval("select pg_try_advisory_lock($1, $2)", *FOLLOWING):
                await self._follow_all(config, self._polling.due(self.clock()))

    async def _follow_all(self, config: Config, keys: Iterable[AccountKey]) -> None:
        """Side by side: an account whose answers take long keeps no other's from being read."""
        side_by_side = asyncio.Semaphore(ACCOUNTS_AT_ONCE)
        told = await asyncio.gather(
            *(self._follow_or_log(config, key, side_by_side) for key in keys),
            return_exceptions=True,
        )
        async with self.db.connection() as connection:
            metrics.not_approved(await repository.not_approved(connection))
        for one in told:
            if isinstance(one, BaseException):
                raise one

    async def _follow_or_log(
        self, config: Config, key: AccountKey, side_by_side: asyncio.Semaphore
    ) -> None:
        """What is wrong with one account, or with what Meta says of it, is its own trouble."""
        workspace = config.workspaces[key[0]]
        account = next(one for one in _accounts(workspace) if one.id == key[1])
        told = {"workspace": key[0], "account": key[1]}
        async with side_by_side:
            self._polling.asked(key, self.clock())
            try:
                async with asyncio.timeout(LONGEST):
                    await self._follow(key[0], workspace, account)
            except Retry:
                self._polling.wake(key, self.clock())
                raise
            except TimeoutError:
                log.warning("templates_unknown", why="no answer in time", **told)
            except (Unavailable, Refused, LookupError) as error:
                log.warning("templates_unknown", why=str(error), **told)
            except Exception as error:
                log.error("templates_unknown", exc_info=error, **told)

    async def _follow(self, name: str, workspace: WorkspaceConfig, account: Account) -> None:
        secrets = self.secrets.for_requests(name, account)
        access = Access(account=account, secrets=secrets, http=self.http)
        async with self.db.connection() as connection:
            before = await repository.of_account(connection, name, account.id)
        listed = await REVIEWS[account.provider].listed(access)
        found = {one.place: one for one in listed if one.name.startswith(PREFIX)}
        there = {place: one for place, one in found.items() if one.status != UNSUBMITTED}
        needed = {(one.name, one.language): one for one in wanted(workspace)}
        known = there.keys() | self._refused(before)
        missing = [one for place, one in needed.items() if place not in known]
        there |= await self._submitted(name, access, missing[:AT_ONCE], before, found)
        await self.numbers.follow(name, access)
        changed = _changed(before, there, kept=self._refused(before) | needed.keys())
        if changed:
            async with self.db.transaction() as connection:
                await repository.save(connection, name, account.id, changed, self.clock())
        for one in changed:
            _tell(name, account.id, before.get(one.place), one)

    def _refused(self, before: Mapping[Place, State]) -> set[Place]:
        """What Meta would not review lately: the same words are not submitted again and again."""
        since = self.clock() - AGAIN_AFTER
        return {
            place
            for place, one in before.items()
            if one.status == REFUSED and one.changed_at and one.changed_at > since
        }

    async def _submitted(
        self,
        workspace: str,
        access: Access[Any],
        missing: Iterable[Wording],
        before: Mapping[Place, State],
        found: Mapping[Place, State],
    ) -> dict[Place, State]:
        """What became of them; what could not be asked for now is missing the next time, too."""
        made: dict[Place, State] = {}
        for wording in missing:
            told = {"workspace": workspace, "account": access.account.id, "template": wording.name}
            told["language"] = wording.language
            try:
                there = found.get((wording.name, wording.language))
                state = await REVIEWS[access.account.provider].submit(access, wording, there)
            except Unavailable as error:
                log.warning("templates_wait", why=str(error), **told)
                break
            except Refused as error:
                log.warning("template_refused", why=str(error), **told)
                state = _made(wording, REFUSED, reason=str(error))
            else:
                log.info("template_submitted", status=state.status if state else "there", **told)
            here = before.get((wording.name, wording.language))
            if state is None:  # there already, and not listed yet
                state = here if here and here.status not in OVER else _made(wording, "pending")
            made[state.place] = state
        return made


def _needs(config: Config) -> dict[AccountKey, Need]:
    """By account: how it is reached, and the templates that its workspace needs."""
    needs: dict[AccountKey, Need] = {}
    for name, workspace in config.workspaces.items():
        ours = _accounts(workspace)
        places = _places(name, workspace) if ours else frozenset()
        needs |= {(name, account.id): (account, places) for account in ours}
    return needs


def _places(name: str, workspace: WorkspaceConfig) -> frozenset[Place]:
    """Nothing where they cannot be told: that is this workspace's trouble alone."""
    try:
        return frozenset((one.name, one.language) for one in wanted(workspace))
    except Exception as error:
        log.error("templates_unknown", exc_info=error, workspace=name)
        return frozenset()


def _accounts(workspace: WorkspaceConfig) -> list[Account]:
    return [
        one
        for one in workspace.accounts.values()
        if one.channel is Channel.WHATSAPP and one.provider in REVIEWS
    ]


def _made(wording: Wording, status: str, *, reason: str = "") -> State:
    return State(name=wording.name, language=wording.language, status=status, reason=reason)


def _changed(
    before: Mapping[Place, State], there: Mapping[Place, State], *, kept: set[Place]
) -> list[State]:
    """What is to be written. What the account no longer has is `gone`, unless it was refused."""
    new = [one for place, one in there.items() if one != before.get(place) or one.status == REFUSED]
    gone = [
        replace(one, status=GONE, category="", reason="")
        for place, one in before.items()
        if place not in there
        and one.status != GONE
        and not (one.status == REFUSED and place in kept)
    ]
    return new + gone


def _tell(workspace: str, account: str, before: State | None, after: State) -> None:
    if before is None or (before.status, before.category) == (after.status, after.category):
        return
    log.warning(
        "template_changed",
        workspace=workspace,
        account=account,
        template=after.name,
        language=after.language,
        was=before.status,
        now=after.status,
        category=after.category,
        reason=after.reason,
    )
