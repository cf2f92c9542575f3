"""Who and what an interaction is credited to, where several took part."""

from collections.abc import Callable, Mapping

from common.config import CountedBy
from common.events.calls import Outline
from common.phone import country_of


def queue_of(interaction: Outline) -> str | None:
    """The queue that gets the credit: the interaction's own, else its last leg's."""
    if interaction.queue:
        return interaction.queue
    return next((leg.queue for leg in reversed(interaction.legs) if leg.queue), None)


def agent_of(interaction: Outline) -> str | None:
    """The last one, by id, else by name."""
    told = (leg.agent_id or leg.agent_name for leg in reversed(interaction.legs))
    return next((name for name in told if name), None)


def team_of(interaction: Outline) -> str | None:
    """The last one."""
    return next((leg.team for leg in reversed(interaction.legs) if leg.team), None)


def country(interaction: Outline) -> str | None:
    """The contact's, ISO 3166; None for an e-mail address."""
    if interaction.country or not interaction.address:
        return interaction.country
    return country_of(interaction.address)


_NAMES: Mapping[str, Callable[[Outline], str | None]] = {
    CountedBy.AGENT: agent_of,
    CountedBy.TEAM: team_of,
    CountedBy.QUEUE: queue_of,
}


def name_of(by: CountedBy, interaction: Outline) -> str:
    """What an interaction is counted under; "" where it told none, and for whole flows."""
    find = _NAMES.get(by)
    return (find(interaction) if find else None) or ""
