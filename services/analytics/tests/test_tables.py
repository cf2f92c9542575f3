"""The tables as they are declared are those that the migrations make."""

from collections.abc import Sequence

import pytest

from analytics.models import metadata
from common.testing.tables import differences


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("analytics",)


async def test_the_declared_tables_are_those_of_the_migrations(database_url: str) -> None:
    assert await differences(database_url, metadata) == []
