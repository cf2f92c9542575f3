"""The database of these tests has the schemas that analytics reads and writes."""

from collections.abc import Sequence

import pytest

from analytics.service import Intake
from analytics.testing import configure
from common.config import ConfigReader
from common.db import Database


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "analytics")


@pytest.fixture
async def intake(database: Database) -> Intake:
    """Of the workspace `acme`, in UTC, with a CSAT and an NPS survey."""
    await configure(database, scales=[("csat", "csat", 1, 5), ("nps", "nps", 0, 10)])
    return Intake(database, ConfigReader(database))
