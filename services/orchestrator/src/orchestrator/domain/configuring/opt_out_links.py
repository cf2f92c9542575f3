"""The link by which people opt out, in words that WhatsApp must approve before they go out."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from common.config import Flow, WorkspaceConfig
from common.dialogue import OPT_OUT_LINK
from common.errors import FieldError
from common.events.values import Channel
from orchestrator.domain.configuring.links import CLOSING
from orchestrator.domain.configuring.places import Places

Names = frozenset[str]  # of texts
ASKING: Names = frozenset({"opt_out", "reminder"})  # what ends a first message, or a reminder
AFTER_A_CALL: Names = CLOSING | {"opt_out"}
ENDS = (
    "a template of WhatsApp may not end with what varies: write words after {{{link}}} in"
    " texts.{language}.{name} of {whose}, such as `or reply STOP`"
)
_AT_THE_END = re.compile(rf"\{{{OPT_OUT_LINK}(\|[^{{}}]*)?\}}\W*$")


def bare_ends(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Of flows that are on, the first such text: Meta refuses it, and then nobody is asked."""

    @cache
    def shared(names: Names) -> str | None:
        found = [("the workspace", config.workspace.texts)]
        found += [(f"the number {one.number}", one.texts) for one in config.numbers.values()]
        return next((why for whose, texts in found for why in _ends(whose, texts, names)), None)

    @cache
    def of_survey(survey: str, names: Names) -> str | None:
        return next(_ends(f"the survey {survey}", config.surveys[survey].texts, names), None)

    for flow in config.flows.values():
        if not flow.enabled or flow.survey not in config.surveys:
            continue
        for field, names in _templates(flow):
            if why := of_survey(flow.survey, names) or shared(names):
                yield places.error("flow", flow.id, field, why)


def _templates(flow: Flow) -> Iterator[tuple[str, Names]]:
    """Where the flow says that it writes by WhatsApp, and in which texts."""
    asks = [n for n, step in enumerate(flow.plan) if step.channel is Channel.WHATSAPP]
    if asks:
        yield f"plan.{asks[0]}.channel", ASKING
    if flow.after_call is Channel.WHATSAPP:
        yield "after_call", AFTER_A_CALL


def _ends(whose: str, texts: Mapping[str, Mapping[str, Any]], names: Names) -> Iterator[str]:
    for language, own in texts.items():
        for name in sorted(names & own.keys()):
            if any(_AT_THE_END.search(text) for text in _all(own[name])):
                yield ENDS.format(link=OPT_OUT_LINK, language=language, name=name, whose=whose)


def _all(text: Any) -> Iterator[str]:
    """Itself, or those of its bands and channels."""
    if isinstance(text, Mapping):
        for inner in text.values():
            yield from _all(inner)
    else:
        yield text
