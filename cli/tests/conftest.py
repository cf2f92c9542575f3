"""Commands are called in this process, which is everybody's."""

import pytest


@pytest.fixture(autouse=True)
def _logs_end_with_the_command(logs_as_before: None) -> None: ...
