"""Trouble of the server is told apart from ours."""

import asyncio

import pytest

from common.database import Database
from common.errors import Retry


async def test_a_connection_may_be_lost_just_as_it_is_given_back(database: Database) -> None:
    with pytest.raises(Retry):
        async with database.connection() as connection:
            # After our block, and before the pool looks at it.
            asyncio.get_running_loop().call_soon(connection._con.terminate)

    await database.ready()
