"""The use cases: count what happened, read figures, check the rollups."""

from analytics.service.audit import Difference, cells_wrong, rebuild
from analytics.service.intake import Intake
from analytics.service.reports import Reports

__all__ = ["Difference", "Intake", "Reports", "cells_wrong", "rebuild"]
