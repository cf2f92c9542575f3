"""Ids are derived from facts, the same for ever: stored rows are found by them."""

from uuid import UUID, uuid5

import pytest

from common import ids

CALL = UUID("4b3b1f5e-64a5-5f0c-9d3e-2f6b1c0a7e11")


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (ids.interaction_id("acme", "pbx", "c-1"), "interaction\x1facme\x1fpbx\x1fc-1"),
        (ids.invitation_id(CALL, "nach-anruf-é"), f"invitation\x1f{CALL}\x1fnach-anruf-é"),
        (ids.step_id(CALL, 1), f"step\x1f{CALL}\x1f1"),
        (ids.response_id(CALL, "sms"), f"response\x1f{CALL}\x1fsms"),
    ],
)
def test_an_id_is_the_uuid_of_its_name(made: UUID, name: str) -> None:
    assert made == uuid5(ids.NAMESPACE, name)


def test_parts_do_not_run_into_each_other() -> None:
    assert ids.interaction_id("a", "bc", "d") != ids.interaction_id("ab", "c", "d")
    made = {
        ids.interaction_id("acme", source, call)
        for source, call in [
            ("/a", "b\x1fc"),
            ("/a\x1fb", "c"),
            ("/a", "b\x1e_c"),
            ("/a\x1e_b", "c"),
        ]
    }
    assert len(made) == 4
