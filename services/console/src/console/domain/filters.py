"""The query string of a page: the filter, which the APIs read, and what is the page's own.

The console does not parse filters: they go to the APIs as they came, so that a page, the API and a
CSV file can only mean the same, and what an API refuses is refused on the page.
"""

from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]

# Of one page alone; the others are the filter.
OWN = frozenset(
    {
        "by",
        "per",
        "bom",
        "period",
        "sort",
        "text",
        "cursor",
        "before",
        "limit",
        "status",
        "compare",
        "saved",
        "kind",
        "id",
    }
)
SINGLE = frozenset({"from", "to", "range", "date", "credit"})  # an empty one was left empty
DAYS = frozenset({"from", "to", "range"})


def filter_of(query: Pairs) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in query
        if name not in OWN and not (name in SINGLE and value == "")
    ]


def own(query: Pairs, name: str, known: Sequence[str]) -> str:
    """The page's own choice; the first of those known where there is none of them."""
    given = dict(query).get(name, "")
    return given if given in known else known[0]


def without(query: Pairs, name: str, value: str) -> list[tuple[str, str]]:
    return [pair for pair in query if pair != (name, value)]
