"""Opening a link that somebody was told: it leads on, and is counted; nothing else happens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from channel import metrics
from channel.schemas import LinkCount
from channel.store import links
from channel.store.schema import Schema
from common.config import ConfigReader, OptOutScope
from common.database import Database
from common.time import Clock

TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")
LIFE = timedelta(days=90)  # how long a link leads anywhere
MOST_COUNTS = 1_000  # rows of an answer
# Programs that look at what an address shows before a person does, by the words of their
# User-Agent: https://developers.facebook.com/docs/sharing/webmasters/web-crawlers and the like.
_PROGRAMS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|facebookexternalhit|facebookcatalog|whatsapp/|imgproxy|"
    r"vkshare|embedly|iframely|google-safety|google-read-aloud|google-pagerenderer|mediapartners|"
    r"headless|curl/|wget/|python|okhttp|go-http-client|java/|libwww|axios|node-fetch|scanner",
    re.IGNORECASE,
)
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")  # a browser that may never show it


class Nowhere(Enum):
    """Why a link leads nowhere."""

    UNKNOWN = "unknown"
    OVER = "over"  # too old, or no longer in the configuration


@dataclass(frozen=True, slots=True)
class Asks:
    """It leads to a page of ours, where they may opt out. `everywhere`: a no ends all channels."""

    brand: str
    language: str
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Clicks:
    """Of one sender. Never touches a dialogue: an opened link is no answer."""

    db: Database
    schema: Schema
    config: ConfigReader
    clock: Clock

    async def follow(
        self, token: str, *, method: str, headers: Mapping[str, str]
    ) -> str | Asks | Nowhere:
        """Where it leads now."""
        by_person = is_person(method, headers)
        where = await self._followed(token, by_person=by_person)
        opener = "person" if by_person else "program"
        fate = where.value if isinstance(where, Nowhere) else opener
        metrics.LINKS_OPENED.labels(self.schema.name, fate).inc()
        return where

    async def asks(self, known: links.Known) -> Asks | Nowhere:
        """Whom somebody who has this link opts out of; where the workspace is gone, of nobody."""
        config = (await self.config.current(max_age=5.0)).workspaces.get(known.workspace)
        if config is None or not known.opts_out:
            return Nowhere.UNKNOWN
        return Asks(
            brand=config.workspace.name,
            language=known.language or "en",
            everywhere=config.workspace.opt_out_scope is not OptOutScope.CHANNEL,
        )

    async def _followed(self, token: str, *, by_person: bool) -> str | Asks | Nowhere:
        if not TOKEN.fullmatch(token):
            return Nowhere.UNKNOWN
        now = self.clock()
        async with self.db.connection() as connection:
            known = await links.known(connection, self.schema, token)
        if known is None:
            return Nowhere.UNKNOWN
        target = await self._target(known, now)
        if not isinstance(target, Nowhere) and known.counted < links.MOST_COUNTED:
            async with self.db.connection() as connection:
                await links.opened(connection, self.schema, token, by_person=by_person, now=now)
        return target

    async def _target(self, known: links.Known, now: datetime) -> str | Asks | Nowhere:
        if known.link == links.OPT_OUT:  # for as long as we know whose it is
            return await self.asks(known)
        config = (await self.config.current(max_age=5.0)).workspaces.get(known.workspace)
        link = config.links_of(known.our_number).get(known.link) if config else None
        if link is None or now >= known.told_at + LIFE:
            return Nowhere.OVER
        return link.url

    async def counts(
        self, workspace: str, *, since: datetime | None, until: datetime | None
    ) -> list[LinkCount]:
        """Of links that were told within the time; the last 90 days where nothing is said."""
        end = until or self.clock()
        async with self.db.scoped(workspace) as connection:
            return await links.counts(
                connection,
                self.schema,
                workspace,
                since=since or end - LIFE,
                until=end,
                limit=MOST_COUNTS,
            )


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """As far as can be told: what pretends to be a person's browser counts as one."""
    agent = headers.get("user-agent", "")
    if method != "GET" or not agent or _PROGRAMS.search(agent):
        return False
    return not any(
        word in headers.get(name, "").lower() for name in _AHEAD for word in ("prefetch", "preview")
    )
