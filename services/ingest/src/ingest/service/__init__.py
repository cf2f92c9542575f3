"""The use cases of ingest: taking reports in, joining the parts of a call, housekeeping."""

from ingest.service.erasing import Erasing
from ingest.service.housekeeping import Housekeeping
from ingest.service.intake import Intake
from ingest.service.joining import CallJoining
from ingest.service.sources import Sources
from ingest.service.unusable import UnusableBodies

__all__ = ["CallJoining", "Erasing", "Housekeeping", "Intake", "Sources", "UnusableBodies"]
