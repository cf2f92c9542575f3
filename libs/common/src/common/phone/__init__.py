"""Telephone numbers: E.164 by libphonenumber, masked wherever a person might read them."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from common.phone.spellings import identity, updated
from common.phone.withheld import is_withheld

__all__ = [
    "country_of",
    "identity",
    "is_withheld",
    "line_type_of",
    "masked",
    "normalised",
    "readable",
    "with_plus",
]

_LINES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.VOIP: "voip",
}
_COSTLY = {
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.TOLL_FREE: "toll_free",
}
UNREADABLE = "not a number in E.164, such as +12025550101, nor an e-mail"
_LONGEST = 64  # characters; a number has 15 digits, and marks between them


@lru_cache(maxsize=65_536)
def normalised(raw: str, region: str | None = None) -> str | None:
    """E.164 (`+12025550101`) as it is written today, or None when no such number exists.

    `region`: ISO 3166 country assumed for national spellings. `tel:` URIs and `00` prefixes
    are understood; SIP addresses, client ids and extensions are no numbers. A number that a
    change of its country's plan respelled comes back in the new spelling; to tell whether two
    numbers are one person's, compare their `identity`.
    """
    text = raw.strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    if len(text) > _LONGEST or is_withheld(text) or "@" in text or ":" in text:
        return None
    if text.startswith("00"):
        text = "+" + text[2:]
    number = _parsed(text, region)
    if number is None or number.extension:
        return None
    valid = phonenumbers.is_valid_number(number)
    national = phonenumbers.national_significant_number(number)
    for spelling in updated(number.country_code or 0, national, valid=valid):
        today = _parsed(spelling)
        if today is not None and phonenumbers.is_valid_number(today):
            return _e164(today)
    return _e164(number) if valid else None


def with_plus(party: str) -> str:
    """Of a number that a provider wrote without it; a short code, say, stays as it is."""
    if not party.isascii() or not party.isdecimal():
        return party
    return normalised(f"+{party}") or party


def readable(told: str) -> str | None:
    """An address that a person typed, as it is compared: in E.164, or an e-mail; None: neither."""
    if "@" not in told:
        return normalised(told)
    local, _, domain = told.strip().lower().rpartition("@")
    # Nobody's has two: one could else begin as a sealed value does.
    return f"{local}@{domain}" if local and domain and "@" not in local else None


def _parsed(text: str, region: str | None = None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def country_of(e164: str) -> str | None:
    """ISO 3166 country of an E.164 number, or None."""
    number = _parsed(e164)
    return (phonenumbers.region_code_for_number(number) or None) if number else None


@lru_cache(maxsize=65_536)
def line_type_of(e164: str) -> str:
    """`mobile`, `fixed` or `voip`, as far as a number tells; else `other`.

    Where mobile and fixed lines share their ranges, as in North America, that is every number.
    """
    number = _parsed(e164)
    return _LINES.get(phonenumbers.number_type(number), "other") if number else "other"


@lru_cache(maxsize=65_536)
def not_to_be_asked(e164: str) -> str | None:
    """`premium_rate`, `shared_cost`, `personal_number` or `toll_free`; None for all others.

    Nobody calls from one: such a caller is forged, so that our texts earn somebody money.
    """
    number = _parsed(e164)
    return _COSTLY.get(phonenumbers.number_type(number)) if number else None


def masked(address: str) -> str:
    """`+12025550101` -> `+1202…01`; enough to recognise, not enough to dial."""
    return f"{address[:5]}…{address[-2:]}" if len(address) > 8 else "…"
