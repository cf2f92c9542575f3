"""Before people in India are asked by text: every text is registered there, each by its words."""

from collections.abc import Iterator, Sequence
from itertools import islice

from common.config import Account, Flow, TwilioSmsAccount, WorkspaceConfig
from common.config.dlt import MOST_VARIABLES_IN_ALL
from common.errors import FieldError
from common.events.values import Channel
from orchestrator.domain.configuring.asking import Asking, Changing, Earlier, plans_texts
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.registered_texts import Looking, Under

MOST_TOLD = 50  # of one survey, and of senders
MOST_TOLD_IN_ALL = 500
MOST_NAMED = 3  # flows in a sentence


def unregistered(config: WorkspaceConfig, earlier: Earlier, places: Places) -> Iterator[FieldError]:
    """What keeps flows that are on from asking in India; nothing where nobody is asked there.

    What was so before stays, but for the flows and accounts that change. `earlier`: before the
    changes, for what is removed may have stood between a flow and India.
    """
    yield from _too_many(config, earlier, places)
    now = Asking.of(config)
    if now.flows:
        changing = Changing(now, earlier, places)
        yield from islice(_bare(changing), MOST_TOLD)
        yield from islice(_unsaid(config, changing), MOST_TOLD_IN_ALL)


def _too_many(config: WorkspaceConfig, earlier: Earlier, places: Places) -> Iterator[FieldError]:
    """Variables of an account that changes; of what is beyond already there may be fewer."""
    for kind, identity in places.changed:
        count = _variables(config.accounts.get(identity)) if kind == "account" else 0
        if count <= MOST_VARIABLES_IN_ALL:
            continue
        before = earlier()
        if before is None or count > _variables(before.accounts.get(identity)):
            message = f"have {count} variables together, and may have {MOST_VARIABLES_IN_ALL}"
            yield places.error(kind, identity, "dlt.templates", message)


def _variables(account: Account | None) -> int:
    registered = account.dlt if isinstance(account, TwilioSmsAccount) else None
    return registered.variables if registered else 0


def _bare(changing: Changing) -> Iterator[FieldError]:
    """Where a sender without a header is asked from, and was not, or is written anew."""
    newly: list[str] | None = None
    for account, index, _ in changing.now.bare:
        if changing.has("account", account.id):
            flows = [flow.id for flow in changing.now.flows]
        else:
            newly = _newly_bare(changing) if newly is None else newly
            flows = newly
        if flows:
            named = f"the flow {flows[0]} asks"
            if len(flows) > 1:
                named = f"{', '.join(flows[:MOST_NAMED])} ({len(flows)} flows) ask"
            message = (
                f"{named} people in India, where a text needs a header and templates that are"
                " registered (DLT); or give the sender other `countries`, or the flow others in"
                " `when`"
            )
            yield changing.places.error("account", account.id, f"senders.{index}.header", message)


def _newly_bare(changing: Changing) -> list[str]:
    return [
        flow.id
        for flow in changing.now.flows
        if changing.has("flow", flow.id) or flow.id not in changing.asked_bare
    ]


def _unsaid(config: WorkspaceConfig, changing: Changing) -> Iterator[FieldError]:
    """Texts that no template says, of what changes or asks there newly."""
    looking = Looking(config, changing.places)
    of_survey: dict[str, list[Flow]] = {}
    for flow in changing.now.flows:
        of_survey.setdefault(flow.survey, []).append(flow)
    for name, flows in of_survey.items():
        yield from islice(looking.at(config.surveys[name], _under(flows, changing)), MOST_TOLD)
        if looking.left < 0:
            return


def _under(flows: Sequence[Flow], changing: Changing) -> Iterator[Under]:
    """Of the flows of one survey: each header, unless all that is said under it was before."""
    all_of_them = _kinds(flows)
    touched = _kinds([flow for flow in flows if _is_touched(flow, changing)])
    for key, (account, numbers) in changing.headers.items():
        is_new = changing.words or changing.has("account", key[0]) or key not in changing.known
        asks, after_call = all_of_them if is_new else touched
        yield Under(account, key[1], numbers, asks, after_call)


def _kinds(flows: Sequence[Flow]) -> tuple[bool, bool]:
    """Whether some ask by text, and whether some write after a call."""
    return any(map(plans_texts, flows)), any(one.after_call is Channel.SMS for one in flows)


def _is_touched(flow: Flow, changing: Changing) -> bool:
    return changing.has("flow", flow.id) or changing.has("survey", flow.survey)
