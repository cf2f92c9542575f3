"""Telephone numbers: E.164 by libphonenumber, masked wherever a person might read them."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from common.withheld import is_withheld

_LINES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.VOIP: "voip",
}


@lru_cache(maxsize=65_536)
def normalised(raw: str, region: str | None = None) -> str | None:
    """E.164 (`+12025550101`), or None when this is not a number that exists.

    `region`: ISO 3166 country assumed for national spellings. `tel:` URIs and `00` prefixes
    are understood; SIP addresses, client ids and extensions are no numbers.
    """
    text = raw.strip()
    text = text[4:] if text[:4].lower() == "tel:" else text
    if is_withheld(text) or "@" in text or ":" in text:
        return None
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def country_of(e164: str) -> str | None:
    """ISO 3166 country of an E.164 number, or None."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or None
    except phonenumbers.NumberParseException:
        return None


@lru_cache(maxsize=65_536)
def line_type_of(e164: str) -> str:
    """`mobile`, `fixed` or `voip`, as far as a number tells; else `other`.

    Where mobile and fixed lines share their ranges, as in North America, that is every number.
    """
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return "other"
    return _LINES.get(kind, "other")


def is_hidden(raw: str) -> bool:
    """A caller who withheld the number, rather than one we cannot read."""
    return is_withheld(raw)


def masked(address: str) -> str:
    """`+12025550101` -> `+1202…01`; enough to recognise, not enough to dial."""
    return f"{address[:5]}…{address[-2:]}" if len(address) > 8 else "…"
