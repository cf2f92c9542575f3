"""The use cases of ingest: taking reports in, joining the parts of a call, housekeeping."""

from ingest.service.housekeeping import Housekeeping
from ingest.service.intake import Intake
from ingest.service.joining import CallJoining
from ingest.service.sources import Sources
from ingest.service.unusable import UnusableBodies

__all__ = ["CallJoining", "Housekeeping", "Intake", "Sources", "UnusableBodies"]
