"""Links as they were told to people, and how often they were opened."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.schemas import LinkCount
from channel.store.schema import Schema
from common.database import Connection

OPT_OUT = "opt-out"  # in the place of a link's id, which has no hyphen
NOBODY = UUID(int=0)  # whose a link is once its person was erased
MOST_COUNTED = 1_000  # of one link: whoever opens it more often writes nothing more
_TELL = """
    insert into {schema}.links (token_hash, workspace, invitation_id, contact_id, survey_id, link,
                                our_number, band, test, told_at, language)
    select * from unnest($1::bytea[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
                         $7::text[], $8::text[], $9::boolean[], $10::timestamptz[], $11::text[])
    on conflict (token_hash) do nothing
"""
_OPEN = """
    update {schema}.links set opened = opened + $2, previews = previews + $3,
        opened_at = case when $2 > 0 then coalesce(opened_at, $4) else opened_at end
    where token_hash = $1
"""
_COUNTS = """
    select survey_id, link, band, count(*) as told, count(*) filter (where opened > 0) as openers,
        sum(opened)::integer as opened, sum(previews)::integer as previews
    from {schema}.links
    where workspace = $1 and told_at >= $2 and told_at < $3 and not test
    group by survey_id, link, band order by survey_id, link, band limit $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One link in one text to one person."""

    token: str
    workspace: str
    invitation_id: UUID
    contact_id: UUID
    survey_id: str
    link: str
    our_number: str | None
    band: str | None
    test: bool
    told_at: datetime
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A link whose token somebody has.

    `language` None: an older version told it.
    """

    workspace: str
    contact_id: UUID
    link: str
    our_number: str | None
    told_at: datetime
    language: str | None
    counted: int

    @property
    def opts_out(self) -> bool:
        """Whether somebody opts out by it, as long as we know whose it is."""
        return self.link == OPT_OUT and self.contact_id != NOBODY


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def tell(connection: Connection, schema: Schema, links: Sequence[Told]) -> None:
    """The same link in another text to the same person has its row already."""
    if not links:
        return
    await connection.execute(
        schema(_TELL),
        [hash_of(one.token) for one in links],
        [one.workspace for one in links],
        [one.invitation_id for one in links],
        [one.contact_id for one in links],
        [one.survey_id for one in links],
        [one.link for one in links],
        [one.our_number for one in links],
        [one.band for one in links],
        [one.test for one in links],
        [one.told_at for one in links],
        [one.language for one in links],
    )


async def known(connection: Connection, schema: Schema, token: str) -> Known | None:
    row = await connection.fetchrow(
        schema(
            """
            select workspace, contact_id, link, our_number, told_at, language,
                   opened + previews as counted
            from {schema}.links where token_hash = $1
            """
        ),
        hash_of(token),
    )
    return Known(**row) if row else None


async def opened(
    connection: Connection, schema: Schema, token: str, *, by_person: bool, now: datetime
) -> None:
    await connection.execute(schema(_OPEN), hash_of(token), int(by_person), int(not by_person), now)


async def opted_out(connection: Connection, schema: Schema, token: str, now: datetime) -> None:
    await connection.execute(
        schema("update {schema}.links set opted_out_at = $2 where token_hash = $1"),
        hash_of(token),
        now,
    )


async def counts(
    connection: Connection,
    schema: Schema,
    workspace: str,
    *,
    since: datetime,
    until: datetime,
    limit: int,
) -> list[LinkCount]:
    """By survey, link and band; of links that were told within the time."""
    rows = await connection.fetch(schema(_COUNTS), workspace, since, until, limit)
    return [LinkCount(**row) for row in rows]
