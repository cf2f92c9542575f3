"""The guards that say how many: the draw, caps, ceilings, quotas."""

from collections.abc import Sequence
from datetime import timedelta

from common.events.decisions import Finding, Reason
from orchestrator.domain.aiming import AimRule, share
from orchestrator.domain.case import Case, refusal
from orchestrator.domain.contact import Ask, replaced_by
from orchestrator.domain.prefixes import prefix_of
from orchestrator.domain.quotas import for_whom
from orchestrator.domain.sampling import draw
from orchestrator.domain.tally import cap_key

TRIALS = 20  # asks of a person a day by calls that their source marks as tests
DAY = timedelta(days=1)


def sampled_out(case: Case) -> Finding | None:
    rate = case.flow.sampling_rate
    if case.is_trial:
        return None
    if case.flow.aim is not None:
        return _aimed(case, case.flow.aim)
    if rate >= 1:
        return None
    drawn = draw(case.flow.sampling_key, case.interaction.id)
    fact = f"drew {drawn:.4f} of {case.flow.sampling}"
    return Finding(guard=Reason.SAMPLED_OUT, fact=fact, refused=drawn >= rate)


def _aimed(case: Case, rule: AimRule) -> Finding:
    """Always a finding: it also says that a call came as far as the draw."""
    now = case.tally.now
    assert now is not None
    key = rule.key(case.interaction, now)
    standing, before = case.tally.aims.of(rule, key)
    aimed = share(rule, key, standing, before, now)
    rate = min(aimed.rate, case.flow.sampling_rate)
    drawn = draw(case.flow.sampling_key, case.interaction.id)
    fact = f"drew {drawn:.4f} of {rate:.4f}: {aimed.words}"
    return Finding(guard=Reason.SAMPLED_OUT, fact=fact, refused=drawn >= rate)


def frequency_cap(case: Case) -> Finding | None:
    """The slot of an unsent ask that this interaction would replace is free for it."""
    if case.interaction.test and not case.tester:
        return _too_many_trials(case)
    if case.is_trial or not case.flow.caps:
        return None
    asks: Sequence[Ask] = case.contact.asks
    if not asks:
        return case.flow.never_asked
    if case.contact.waiting:
        stepping_back = replaced_by(case.interaction, case.contact)
        asks = [ask for ask in asks if ask not in stepping_back]
    words = []
    for rule in case.flow.caps:
        used = rule.used(asks, case.due_at)
        if used >= rule.asks:
            return refusal(Reason.FREQUENCY_CAP, f"{used} {rule.limit}")
        words.append(f"{used} {rule.limit}")
    return Finding(guard=Reason.FREQUENCY_CAP, fact="; ".join(words))


def _too_many_trials(case: Case) -> Finding | None:
    """Whoever may write events says what is a test: nobody is asked without end by it."""
    since = case.due_at - DAY
    trials = sum(not ask.counts and ask.at > since for ask in case.contact.asks)
    if trials < TRIALS:
        return None
    return refusal(Reason.FREQUENCY_CAP, f"{trials} of {TRIALS} asks by tests in a day")


def shared_cap(case: Case) -> Finding | None:
    """Of the agent, the team or the queue."""
    if not case.flow.shared_caps or case.is_trial:
        return None
    words = []
    for rule in case.flow.shared_caps:
        key = cap_key(rule, case.interaction.workspace, case.interaction)
        used = rule.used(case.tally.asked(key), case.due_at)
        words.append(f"{used} {rule.limit}{for_whom(key.by, key.name)}")
        if used >= rule.asks:
            return refusal(Reason.SHARED_CAP, words[-1])
    return Finding(guard=Reason.SHARED_CAP, fact="; ".join(words))


def daily_ceiling(case: Case) -> Finding | None:
    if case.asked_today >= case.workspace.ceiling:
        fact = f"{case.asked_today} of {case.workspace.ceiling} asks today"
        return refusal(Reason.DAILY_CEILING, fact)
    return None


def prefix_ceiling(case: Case) -> Finding | None:
    """Also what keeps calls from numbers that somebody is paid for from being worth it."""
    if case.tester or case.asked_alike < case.workspace.prefix_ceiling:
        return None
    beginning = prefix_of(case.interaction.address)
    if beginning is None:
        return None
    fact = f"{case.asked_alike} of {case.workspace.prefix_ceiling} asks this hour to {beginning}…"
    return refusal(Reason.PREFIX_CEILING, fact)


def quota(case: Case) -> Finding | None:
    if not case.flow.quotas or case.is_trial:
        return None
    now, words = case.tally.now, []
    assert now is not None
    for rule in case.flow.quotas:
        key = rule.key(case.interaction, now)
        used = case.tally.used(key)
        words.append(rule.words(used, key))
        if used >= rule.asks:
            return refusal(Reason.QUOTA, words[-1])
    return Finding(guard=Reason.QUOTA, fact="; ".join(words))
