"""How long a call was."""

LONGEST = 24 * 3600


def seconds_of(told: object) -> int | None:
    """None: it is not over, or told in no way that we know."""
    text = str(told or "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return min(int(text), LONGEST)
