"""Opting out by a link that somebody was told: looking changes nothing, confirming is a STOP."""

from dataclasses import dataclass

from channel import metrics
from channel.operation.clicks import TOKEN
from channel.store import contacts, links
from channel.store.contacts import Consent
from channel.store.leaving import Leaving
from channel.store.links import Known
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import Schema
from common.database import Connection, Database
from common.events.consent import ConsentState
from common.failpoints import failpoint
from common.streams.outbox import Relay
from common.time import Clock


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Of one sender, and so of one channel; the workspace's scope says what else a no ends."""

    db: Database
    schema: Schema
    events: OutgoingEvents
    relay: Relay
    leaving: Leaving
    clock: Clock

    async def confirm(self, token: str) -> Known | None:
        """When it returns nothing goes out to them any more. A second time it changes nothing.

        None: it is no such link, or nobody's any more. Raises `Retry`: it is not done.
        """
        if not TOKEN.fullmatch(token):
            return None
        async with self.db.connection() as connection:
            found = await links.known(connection, self.schema, token)
        if found is None or not found.opts_out:
            return None
        contact = found.workspace, found.contact_id
        async with self.db.transaction() as connection:
            await contacts.ensure(connection, self.schema, [contact])
            await contacts.lock(connection, self.schema, [contact])
            known = await links.known(connection, self.schema, token)
            if known is None or known.contact_id != found.contact_id:
                return None  # erased meanwhile
            # By whichever link: who has two of them could else write for ever.
            if not await contacts.opted_out_by_link(connection, self.schema, contact):
                await self._withdraw(connection, token, known)
            failpoint("opt_out.before_commit")
        failpoint("opt_out.after_commit")
        self.relay.wake()
        await self.leaving.settled([contact])
        metrics.LINKS_OPENED.labels(self.schema.name, "opted_out").inc()
        return known

    async def _withdraw(self, connection: Connection, token: str, known: Known) -> None:
        """What a STOP writes, but for the message: suppression, ledger, and this link's time."""
        now = self.clock()
        withdrawn = Consent(
            workspace=known.workspace,
            contact_id=known.contact_id,
            state=ConsentState.WITHDRAWN,
            occurred_at=now,
        )
        change = self.events.change_of_consent(
            known.contact_id,
            ConsentState.WITHDRAWN,
            now,
            source="link",
            because_of=f"link/{links.hash_of(token).hex()}/{now.isoformat()}",
            evidence="confirmed it on the page of the link in our text",
        )
        await contacts.decide(connection, self.schema, [withdrawn], now=now)
        await contacts.press(connection, self.schema, (known.workspace, known.contact_id), now=now)
        await links.opted_out(connection, self.schema, token, now)
        told = [self.events.consent(change, workspace=known.workspace)]
        await write_events(connection, self.schema, told)
