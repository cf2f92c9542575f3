"""Forms that providers post, as they came."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

MOST_FIELDS = 200


def pairs(body: bytes) -> Sequence[tuple[str, str]] | None:
    """Names may come twice, and blank values count: they are signed, too. None: no form."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
