"""The use cases: count what happened, read figures, check what is stored."""

from analytics.service.audit import differences, move_days, rebuild
from analytics.service.erasing import Erasing
from analytics.service.intake import Intake
from analytics.service.packing import Packing
from analytics.service.reports import Reports
from analytics.service.studies import Studies

__all__ = [
    "Erasing",
    "Intake",
    "Packing",
    "Reports",
    "Studies",
    "differences",
    "move_days",
    "rebuild",
]
