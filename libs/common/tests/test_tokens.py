"""A signed token is believed by every service, for minutes, and only as it was signed."""

from datetime import UTC, datetime, timedelta

import pytest

from common.process.tokens import Claims, claims_of, token

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
PEPPER = b"pepper of the tests"
CLAIMS = Claims(
    id="u1", name="ann@acme.example", workspace="acme", scopes=("read",),
    until=NOW + timedelta(minutes=5),
)  # fmt: skip


def test_a_token_says_who_it_is_for() -> None:
    assert claims_of(token(CLAIMS, pepper=PEPPER), pepper=PEPPER, now=NOW) == CLAIMS


def test_a_token_ends() -> None:
    signed = token(CLAIMS, pepper=PEPPER)
    assert claims_of(signed, pepper=PEPPER, now=NOW + timedelta(minutes=5)) is None


def test_a_token_that_lasts_for_ever_is_none_of_ours() -> None:
    signed = token(
        Claims(**{f: getattr(CLAIMS, f) for f in ("id", "name", "workspace", "scopes")},
               until=NOW + timedelta(days=1)),
        pepper=PEPPER,
    )  # fmt: skip
    assert claims_of(signed, pepper=PEPPER, now=NOW) is None


@pytest.mark.parametrize("place", range(0, 160, 7))
def test_a_token_with_one_other_character_is_worth_nothing(place: int) -> None:
    signed = token(CLAIMS, pepper=PEPPER)
    place %= len(signed)
    other = "A" if signed[place] != "A" else "B"
    changed = signed[:place] + other + signed[place + 1 :]
    assert claims_of(changed, pepper=PEPPER, now=NOW) is None


@pytest.mark.parametrize("given", ["act_", "act_.", "act_x.y", "", "act_é.ü", "act_" + "x" * 9_000])
def test_what_is_no_token_is_refused(given: str) -> None:
    assert claims_of(given, pepper=PEPPER, now=NOW) is None


def test_a_token_of_another_platform_is_refused() -> None:
    assert claims_of(token(CLAIMS, pepper=b"another pepper of it"), pepper=PEPPER, now=NOW) is None
