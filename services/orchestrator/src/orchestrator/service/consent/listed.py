"""Who of some people is on a do-not-contact list, in words. No statement where there is none."""

from collections.abc import Collection

from common.database import Connection
from orchestrator.domain.compiled import CompiledConfig
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import do_not_contact


async def listed(
    connection: Connection, people: Collection[Key], config: CompiledConfig
) -> dict[Key, str]:
    if not config.has_lists:
        return {}
    words = {
        load: said
        for name in {workspace for workspace, _ in people}
        if (found := config.workspaces.get(name))
        for load, said in found.lists.items()
    }
    if not words:
        return {}
    found_on = await do_not_contact.on(connection, people, words)
    return {key: words[load] for key, load in found_on.items()}
