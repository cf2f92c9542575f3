"""A view of interactions: as far as deciding looks at them, and whole, to be passed on.

A decision carries its interaction as ingest wrote it, so nobody here has to read all of it.
"""

from typing import cast

import msgspec
from msgspec import UNSET, structs

from common.events import Head, Trace, data_of
from common.events.calls import Interaction, Outline
from common.events.decisions import Decision


class Details(msgspec.Struct, frozen=True, gc=False):
    """Fields of an interaction that hardly a flow asks for: they are decoded when one does."""

    wait_seconds: float | None = None
    hold_seconds: float | None = None
    transfers: int = 0
    disposition: str | None = None
    site: str | None = None
    region: str | None = None
    attributes: dict[str, str] = msgspec.field(default_factory=dict)


class InteractionView(Outline, frozen=True, kw_only=True):
    """`whole` is the JSON of the interaction; `details`: of it, once somebody asked for them."""

    whole: msgspec.Raw = msgspec.Raw()
    traceparent: Trace = UNSET
    details: Details | None = msgspec.field(default=None, name="-")  # a name that no JSON has


_decoder = msgspec.json.Decoder(InteractionView)
_details = msgspec.json.Decoder(Details).decode


def view_of(head: Head) -> InteractionView:
    """Raises `BadInput`."""
    found = data_of(head, _decoder)
    structs.force_setattr(found, "whole", head.data)
    structs.force_setattr(found, "traceparent", head.traceparent)
    return found


def viewed(interaction: msgspec.Raw) -> InteractionView:
    """Of its JSON, wherever it stands. Raises `msgspec.MsgspecError`."""
    found = _decoder.decode(interaction)
    structs.force_setattr(found, "whole", interaction)
    return found


def details_of(interaction: Outline) -> Details | Interaction:
    """Decoded once, however many conditions look at them."""
    if isinstance(interaction, Interaction):
        return interaction
    assert isinstance(interaction, InteractionView)
    found = interaction.details
    if found is None:
        found = _details(interaction.whole)
        structs.force_setattr(interaction, "details", found)
    return found


def trace_of(decision: Decision) -> Trace:
    """What the source told with the interaction."""
    told: Outline = decision.interaction
    return told.traceparent if isinstance(told, InteractionView) else UNSET


def as_published(decision: Decision) -> Decision:
    """With the whole interaction, for the encoder, which copies its bytes."""
    told: Outline = decision.interaction
    if not isinstance(told, InteractionView):
        return decision
    return structs.replace(decision, interaction=cast(Interaction, told.whole))
