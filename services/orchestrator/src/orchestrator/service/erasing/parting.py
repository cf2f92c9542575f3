"""Before it is forgotten that addresses are one person's: what was forbidden by way of one is

forbidden for each of them from then on.
"""

from datetime import datetime

from common.database import Connection
from common.events.consent import ConsentChanged, ConsentState
from common.ids import derived
from common.streams import outbox
from orchestrator.domain.consent import BITS
from orchestrator.repository.consent import links
from orchestrator.service import events
from orchestrator.service.consent.consent import apply
from orchestrator.service.consent.linking import persons_of
from orchestrator.service.consent.people import People

SOURCE = "linked"  # of a statement: another address of the person made it


async def part(connection: Connection, workspace: str, people: People, at: datetime) -> None:
    """`people`: locked, all of one person, or somebody who has but one. Senders are told, too."""
    told = [
        ConsentChanged(
            id=derived("consent", contact[1], channel, SOURCE, at.isoformat()),
            contact_id=contact[1],
            channel=str(channel),
            state=ConsentState.WITHDRAWN,
            occurred_at=at,
            source=SOURCE,
        )
        for contact, facts in people.contacts.items()
        for channel, bit in BITS.items()
        if people.whole(contact).withdrawn & bit and not facts.withdrawn & bit
    ]
    if told:
        await apply(connection, [(workspace, one) for one in told], addresses={}, now=at)
        messages = [events.consent_changed(workspace, one) for one in told]
        await outbox.write(connection, "orchestrator", messages)
    await links.drop(connection, persons_of(people))
