"""Every block that a page asks to type is typed by the newcomer, or says why not."""

from tests.newcomer.chapters import CHAPTERS, ELSEWHERE, FIRST_DAY, FOR_REAL
from tests.newcomer.reading import sections
from tests.newcomer.test_readme import PAGES, ROOT

TYPED = {
    (one.page, heading) for one in (FIRST_DAY, *CHAPTERS, *FOR_REAL) for heading in one.headings
}
SHOWN = {
    (page, heading) for page in PAGES for heading, told in sections(ROOT / page).items() if told
}


def test_every_block_of_every_page_is_typed_or_says_why_not() -> None:
    assert SHOWN - TYPED - set(ELSEWHERE) == set()


def test_what_is_said_to_be_elsewhere_is_there_and_is_not_typed() -> None:
    assert set(ELSEWHERE) <= SHOWN - TYPED
