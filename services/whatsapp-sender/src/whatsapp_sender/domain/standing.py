"""How our numbers stand at the provider; pure."""

from dataclasses import dataclass, fields, replace
from datetime import datetime

LONGEST = 200  # characters of any of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one number, in the provider's words and in small letters; "": it did not say.

    `messaging_limit`: people whom the business may write to in 24 hours outside the window.
    `verification` and `review` are of the business and the account behind it.
    """

    number: str
    status: str = ""
    quality: str = ""
    messaging_limit: str = ""
    verified_name: str = ""
    name_status: str = ""
    verification: str = ""
    review: str = ""


FIELDS = tuple(field.name for field in fields(Standing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`changed_at`: when it became this."""

    account: str
    standing: Standing
    changed_at: datetime


def bounded(one: Standing) -> Standing:
    """As a row can hold it, whatever the provider answered."""
    kept = {name: getattr(one, name).replace("\x00", "")[:LONGEST] for name in FIELDS}
    return replace(one, **kept)
