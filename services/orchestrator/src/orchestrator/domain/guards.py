"""The guards after the flow match, one small function each, in their fixed order.

A guard returns None (nothing to tell), a finding (what it used beside the interaction itself), or
a refusal.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

from common.events.calls import Outline
from common.events.decisions import Finding, Reason
from common.events.values import Channel, Ending
from orchestrator.domain.attribution import country
from orchestrator.domain.caps import duration
from orchestrator.domain.case import Case, Guard, refusal
from orchestrator.domain.consent import (
    BITS,
    allowed,
    doubted,
    forbidden,
    forbidden_elsewhere,
    in_doubt,
    said_yes_at,
)
from orchestrator.domain.limits import (
    daily_ceiling,
    frequency_cap,
    prefix_ceiling,
    quota,
    sampled_out,
    shared_cap,
)


def number_disabled(case: Case) -> Finding | None:
    if case.interaction.our_number in case.workspace.silent:
        return refusal(Reason.NUMBER_DISABLED, "surveys are off for the number called")
    return None


def no_address(case: Case) -> Finding | None:
    address = case.interaction.address
    if not address or case.interaction.contact_id is None:
        return refusal(Reason.NO_ADDRESS, case.interaction.address_problem or "none was told")
    if case.interaction.address_problem:
        return refusal(Reason.NO_ADDRESS, f"its number is {case.interaction.address_problem}")
    if address.startswith("+") is (case.channel is Channel.EMAIL):
        return refusal(Reason.NO_ADDRESS, f"not an address for {case.channel}")
    return None


def country_not_allowed(case: Case) -> Finding | None:
    if case.channel is Channel.EMAIL:
        return None
    found = case.interaction.country or country(case.interaction)
    if found not in case.workspace.countries:
        return refusal(Reason.COUNTRY_NOT_ALLOWED, f"country {found or 'unknown'}")
    return None


def internal_number(case: Case) -> Finding | None:
    if case.interaction.address in case.workspace.own:
        return refusal(Reason.INTERNAL_NUMBER, "the number is one of the workspace's own")
    return None


def talk_time(case: Case) -> Finding | None:
    """A source that tells no talk time is not held against the caller, unless it can be known."""
    talked, least = _talked(case.interaction), case.flow.least_talk
    if talked is None or talked >= least or case.tester:
        return None
    if case.interaction.ending is not Ending.CONNECTED:
        return None
    said = "talked" if case.interaction.talk_seconds is not None else "talked at most"
    return refusal(Reason.TALK_TIME, f"{said} {talked:g}s, at least {least:g}s")


def _talked(call: Outline) -> float | None:
    """Seconds as told, or what they can have been at most: from the answer, or the whole call."""
    if call.talk_seconds is not None:
        return call.talk_seconds
    since = call.agent_answered_at or call.started_at
    if since is None or since > call.ended_at:
        return None
    return (call.ended_at - since).total_seconds()


def opted_out(case: Case) -> Finding | None:
    withdrawn = case.contact.withdrawn
    if withdrawn and forbidden(withdrawn, case.channel) and not doubted(withdrawn, case.channel):
        all_of_them = case.workspace.opt_outs_of_all and withdrawn & BITS[case.channel]
        reach = ", which counts for all channels" if all_of_them else " or of all channels"
        return refusal(Reason.OPTED_OUT, f"opted out of {case.channel}{reach}")
    if in_doubt(withdrawn):
        return refusal(Reason.OPTED_OUT, "may have opted out, and nobody has looked at it yet")
    if withdrawn and case.workspace.opt_outs_of_all:
        where = forbidden_elsewhere(withdrawn, case.contact.granted, case.channel)
        if where:
            return refusal(Reason.OPTED_OUT, f"opted out of {where}, which counts for all channels")
    return None


def do_not_contact(case: Case) -> Finding | None:
    if case.listed is None:
        return None
    return refusal(Reason.DO_NOT_CONTACT, f"on the do-not-contact {case.listed}")


def no_consent(case: Case) -> Finding | None:
    where, needed = "", case.channel in case.workspace.needs_yes
    if case.workspace.consent_by_country:
        of = country(case.interaction)
        told = case.workspace.consent_by_country.get((case.channel, of or ""))
        where, needed = (f" in {of}", told) if told is not None else ("", needed)
    if not needed:
        return None
    granted = allowed(case.contact.granted, case.channel)
    fact = f"{case.channel} needs a yes{where}, {'given' if granted else 'none given'}"
    return Finding(guard=Reason.NO_CONSENT, fact=fact, refused=not granted)


def consent_expired(case: Case) -> Finding | None:
    """A yes is good for as long as the workspace says for where the person is."""
    if not case.workspace.consent_expires:
        return None
    where = country(case.interaction)
    life = case.workspace.consent_expires.get((case.channel, where or ""))
    if life is None:
        return None
    said_at = said_yes_at(case.contact.yeses, case.channel)
    given = f"{said_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if said_at else "nobody knows when"
    return Finding(
        guard=Reason.CONSENT_EXPIRED,
        fact=f"{case.channel} needs a yes of the last {duration(life)} in {where}, given {given}",
        refused=said_at is None or case.due_at >= said_at + life,
    )


def unreachable(case: Case) -> Finding | None:
    """A number that a provider called dead is left alone for a while, or until it answers."""
    contact = case.contact
    if contact.unreachable_since is None or not contact.unreachable & BITS[case.channel]:
        return None
    if case.due_at >= contact.unreachable_since + case.workspace.unreachable_for:
        return None
    return refusal(
        Reason.UNREACHABLE,
        f"no {case.channel} reaches this number, said a provider on"
        f" {contact.unreachable_since:%Y-%m-%d}",
    )


def no_sender(case: Case) -> Finding | None:
    """Some number that takes replies serves the contact's country and is not the one called."""
    where = case.interaction.country or country(case.interaction)
    for number, countries in case.workspace.senders[case.channel]:
        if number != case.interaction.our_number and (not countries or where in countries):
            return None
    return refusal(Reason.NO_SENDER, f"no {case.channel} sender for {where or 'this contact'}")


def closed(case: Case) -> Finding | None:
    if case.closed is None:
        return None
    return Finding(guard=Reason.CLOSED, fact=case.closed, refused=case.never_open)


GUARDS: Mapping[Reason, Guard] = {
    Reason.NUMBER_DISABLED: number_disabled,
    Reason.NO_ADDRESS: no_address,
    Reason.COUNTRY_NOT_ALLOWED: country_not_allowed,
    Reason.INTERNAL_NUMBER: internal_number,
    Reason.TALK_TIME: talk_time,
    Reason.OPTED_OUT: opted_out,
    Reason.DO_NOT_CONTACT: do_not_contact,
    Reason.NO_CONSENT: no_consent,
    Reason.CONSENT_EXPIRED: consent_expired,
    Reason.UNREACHABLE: unreachable,
    Reason.SAMPLED_OUT: sampled_out,
    Reason.FREQUENCY_CAP: frequency_cap,
    Reason.SHARED_CAP: shared_cap,
    Reason.DAILY_CEILING: daily_ceiling,
    Reason.PREFIX_CEILING: prefix_ceiling,
    Reason.QUOTA: quota,
    Reason.NO_SENDER: no_sender,
    Reason.CLOSED: closed,
}
# What can have changed between planning and asking, beside the flow itself.
AGAIN: Sequence[Reason] = (
    Reason.NUMBER_DISABLED,
    Reason.COUNTRY_NOT_ALLOWED,
    Reason.INTERNAL_NUMBER,
    Reason.NO_ADDRESS,
    Reason.OPTED_OUT,
    Reason.DO_NOT_CONTACT,
    Reason.NO_CONSENT,
    Reason.CONSENT_EXPIRED,
    Reason.UNREACHABLE,
    Reason.NO_SENDER,
)
# What speaks against one channel: a step on another may still be tried.
OF_CHANNEL: frozenset[Reason] = frozenset(
    {
        Reason.NO_ADDRESS,
        Reason.OPTED_OUT,
        Reason.NO_CONSENT,
        Reason.CONSENT_EXPIRED,
        Reason.UNREACHABLE,
        Reason.NO_SENDER,
        Reason.CLOSED,
    }
)


def look(case: Case, order: Sequence[Guard]) -> tuple[Finding | None, tuple[Finding, ...]]:
    """(the first refusal or None, every finding up to it)."""
    findings: list[Finding] = []
    for guard in order:
        finding = guard(case)
        if finding is not None:
            findings.append(finding)
            if finding.refused:
                return finding, tuple(findings)
    return None, tuple(findings)
