"""How long things are kept is written in years of days, as the page about privacy says."""

import pytest

from common.config.documents import parse_document
from common.errors import BadInput


def _keeping(written: str) -> object:
    body = {"id": "acme", "name": "Acme", "retention": {"decisions": written, "comments": written}}
    return parse_document("workspace", body)


@pytest.mark.parametrize("written", ["400d", "730d", "3660d"])
def test_it_may_be_years(written: str) -> None:
    _keeping(written)


def test_it_may_not_be_longer_than_ten() -> None:
    with pytest.raises(BadInput, match="at most 3660d"):
        _keeping("3661d")
