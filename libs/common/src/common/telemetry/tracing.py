"""W3C trace context: whose request this belongs to. Carried as it came, never made by us."""

import re
from collections.abc import Mapping

_VALID = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(*told: object) -> str | None:
    """The first of these that is one; what is malformed counts as not told, as the standard says.

    https://www.w3.org/TR/trace-context/#traceparent-header
    """
    for one in told:
        if isinstance(one, str) and _VALID.fullmatch(one):
            return one
    return None


def traceparent_of(headers: Mapping[str, str], *first: object) -> str | None:
    """Of the event itself, else of the request or record that brought it."""
    return traceparent(*first, headers.get("traceparent"))
