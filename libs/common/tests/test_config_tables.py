"""The tables of the configuration as they are declared are those that the migrations make."""

from collections.abc import Sequence

import pytest

from common.config.tables import metadata
from common.testing.tables import differences


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config",)


async def test_the_declared_tables_are_those_of_the_migrations(database_url: str) -> None:
    assert await differences(database_url, metadata) == []
