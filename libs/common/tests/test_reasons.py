"""Why people are not asked, in words."""

from common.events.decisions import Reason
from common.events.reasons import REASONS


def test_every_reason_has_its_words() -> None:
    assert set(Reason) == set(REASONS)
    assert all(REASONS.values())
