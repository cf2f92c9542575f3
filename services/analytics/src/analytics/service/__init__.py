"""The use cases: count what happened, read figures, check what is stored."""

from analytics.service.audit import differences, move_days, rebuild
from analytics.service.erasing import Erasing
from analytics.service.intake import Intake
from analytics.service.packing import Packing
from analytics.service.reports import Reports
from analytics.service.retaining import KINDS, kinds
from analytics.service.studies import Studies

__all__ = [
    "KINDS",
    "Erasing",
    "Intake",
    "Packing",
    "Reports",
    "Studies",
    "differences",
    "kinds",
    "move_days",
    "rebuild",
]
