"""Response rates as the AAPOR Standard Definitions name them, adapted to surveys after calls.

Every call that was asked is in one of six classes; calls that were not asked are in none, and so
in no denominator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.domain.contributions import Slot
from common.scores import Estimate, wilson


class Base(StrEnum):
    """What a rate is a share of."""

    SENT = "sent"  # what a provider took, or may have taken
    DELIVERED = "delivered"  # what is known to have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """How many asked calls are of each class."""

    complete: int  # I: answered to the end
    partial: int  # P: began, and did not end
    refused: int  # R: opted out, and answered nothing
    silent: int  # NC: arrived, or rang, and nobody answered
    unknown: int  # U: nobody knows whether it arrived
    ineligible: int  # NE: could not arrive: no such number, a landline, blocked

    @property
    def eligible_share(self) -> float:
        """e: what part of the unknown is reckoned to have arrived; 1 where nothing is known."""
        known = self.complete + self.partial + self.refused + self.silent
        return known / (known + self.ineligible) if known + self.ineligible else 1.0


def classes(counts: Sequence[int]) -> Classes:
    """Of a funnel's counts."""
    slot = counts.__getitem__
    started, refused = slot(Slot.STARTED), slot(Slot.REFUSED)
    unreported = slot(Slot.SENT) - slot(Slot.DELIVERED) - slot(Slot.BOUNCED)
    return Classes(
        complete=slot(Slot.FINISHED),
        partial=started - slot(Slot.FINISHED),
        refused=refused,
        silent=slot(Slot.DELIVERED) - started - refused,
        unknown=slot(Slot.UNKNOWN) + unreported,
        ineligible=slot(Slot.FAILED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRate:
    """Percent with Wilson's interval; the denominator of RR3 and RR4 is an estimate."""

    name: str
    formula: str
    base: Base
    numerator: int
    denominator: float
    estimate: Estimate


_FORMULAS = (
    ("RR1", "I / (I + P + R + NC + U)", Base.SENT, False, 1),
    ("RR2", "(I + P) / (I + P + R + NC + U)", Base.SENT, True, 1),
    ("RR3", "I / (I + P + R + NC + e U)", Base.SENT, False, None),
    ("RR4", "(I + P) / (I + P + R + NC + e U)", Base.SENT, True, None),
    ("RR5", "I / (I + P + R + NC)", Base.DELIVERED, False, 0),
    ("RR6", "(I + P) / (I + P + R + NC)", Base.DELIVERED, True, 0),
)


def response_rates(of: Classes) -> list[ResponseRate]:
    known = of.complete + of.partial + of.refused + of.silent
    found = []
    for name, formula, base, partial, weight in _FORMULAS:
        numerator = of.complete + (of.partial if partial else 0)
        share = of.eligible_share if weight is None else weight
        denominator = known + share * of.unknown
        found.append(
            ResponseRate(
                name=name,
                formula=formula,
                base=base,
                numerator=numerator,
                denominator=denominator,
                estimate=wilson(numerator, denominator),
            )
        )
    return found


def opt_out_rate(counts: Sequence[int]) -> ResponseRate:
    """Of those whom the ask reached, who then said that they want none any more."""
    numerator, denominator = counts[Slot.WITHDREW], counts[Slot.DELIVERED]
    return ResponseRate(
        name="opt-out",
        formula="opted out after the ask / delivered",
        base=Base.DELIVERED,
        numerator=numerator,
        denominator=denominator,
        estimate=wilson(numerator, denominator),
    )
