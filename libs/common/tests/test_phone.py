"""Numbers in E.164, and the two spellings of one person."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import ids
from common.phone import country_of, identity, masked, normalised, readable
from common.phone.spellings import CHANGES

PEPPER = b"pepper"


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("+1 (202) 555-0101", None, "+12025550101"),
        ("202-555-0101", "US", "+12025550101"),
        ("0012025550101", None, "+12025550101"),
        ("tel:+12025550101", None, "+12025550101"),
        ("TEL:+12025550101", None, "+12025550101"),
        ("+44 (0)7911 123456", None, "+447911123456"),
        ("+49 0171 1234567", None, "+491711234567"),
        ("+7 8 912 345-67-89", None, "+79123456789"),
        ("+82 010 1234 5678", None, "+821012345678"),
    ],
)
def test_a_number_is_read_in_its_usual_spellings(raw: str, region: str, number: str) -> None:
    assert normalised(raw, region) == number


@pytest.mark.parametrize(
    "raw", ["", "anonymous", "202", "+1 202 555 0101 ext. 5", "sip:5@pbx", "client:ann", "5" * 99]
)
def test_what_is_no_number_is_none(raw: str) -> None:
    assert normalised(raw, "US") is None


# Country, then spellings of one mobile with the region they are written in.
ONE_PERSON = {
    "mexico": [
        ("+525512345678", None),
        ("+5215512345678", None),
        ("+52 01 55 1234 5678", None),
        ("+52 044 55 1234 5678", None),
        ("00 52 1 55 1234 5678", None),
        ("55 1234 5678", "MX"),
        ("1 55 1234 5678", "MX"),
        ("044 55 1234 5678", "MX"),
        ("045 55 1234 5678", "MX"),
    ],
    "argentina": [
        ("+5491123456789", None),
        ("+541123456789", None),
        ("+54 11 15 2345 6789", None),
        ("+54 9 11 15 2345 6789", None),
        ("11 2345 6789", "AR"),
        ("11 15 2345 6789", "AR"),
        ("011 15 2345-6789", "AR"),
    ],
    "argentina, area code of three": [
        ("+5493512345678", None),
        ("+543512345678", None),
        ("+54 351 15 234 5678", None),
        ("0351 15 234 5678", "AR"),
    ],
    "argentina, area code of four": [
        ("+5492966412345", None),
        ("+542966412345", None),
        ("02966 15 412345", "AR"),
    ],
    "brazil": [
        ("+5511981234567", None),
        ("+551181234567", None),
        ("+55 011 8123 4567", None),
        ("11 8123 4567", "BR"),
        ("0 15 11 98123 4567", "BR"),
        ("0 15 11 8123 4567", "BR"),
    ],
    "brazil, a number that the metadata still knows": [
        ("+553171234567", None),
        ("+5531971234567", None),
    ],
    "ecuador": [("+593991234567", None), ("+59391234567", None)],
    "vietnam": [("+84321234567", None), ("+841621234567", None), ("0162 123 4567", "VN")],
    "vietnam, vinaphone": [("+84831234567", None), ("+841231234567", None)],
    "ivory coast, orange": [("+2250707123456", None), ("+22507123456", None), ("07123456", "CI")],
    "ivory coast, mtn": [("+2250545123456", None), ("+22545123456", None)],
    "ivory coast, moov": [("+2250101123456", None), ("+22501123456", None)],
    "benin": [("+2290197123456", None), ("+22997123456", None), ("97 12 34 56", "BJ")],
    "mauritius": [("+23057123456", None), ("+2307123456", None)],
    "cameroon": [("+237677123456", None), ("+23777123456", None)],
    "gabon": [
        ("+24166123456", None),
        ("+24106123456", None),
        ("+2416123456", None),
        ("066 12 34 56", "GA"),
        ("06 12 34 56", "GA"),
    ],
    "guadeloupe": [("+590690123456", None), ("+33690123456", None), ("0690123456", "FR")],
    "martinique": [("+596696123456", None), ("0696123456", "FR")],
    "reunion": [("+262692123456", None), ("+33692123456", None)],
    "palestine": [("+970591234567", None), ("+972591234567", None), ("059 123 4567", "IL")],
    "kosovo": [("+38349123456", None), ("+38649123456", None)],
    "italy": [("+393331234567", None), ("+3903331234567", None), ("333 1234567", "IT")],
    "italy, a fixed line": [("+390612345678", None), ("+39612345678", None)],
    "san marino": [("+3780549886377", None), ("+378886377", None)],
}


@pytest.mark.parametrize("spellings", ONE_PERSON.values(), ids=list(ONE_PERSON))
def test_spellings_of_one_mobile_are_one_person(spellings: list[tuple[str, str | None]]) -> None:
    numbers = [normalised(raw, region) for raw, region in spellings]

    assert None not in numbers
    assert len({ids.contact_id(PEPPER, "acme", str(number)) for number in numbers}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+525512345678", "+528112345678"),
        ("+5491123456789", "+5493512345678"),
        ("+551131234567", "+5511931234567"),  # a fixed line got no ninth digit
        ("+2250707123456", "+2250507123456"),
        ("+2250102030405", "+2250702030405"),
        ("+37744123456", "+38344123456"),  # Monaco has these today
        ("+393012345678", "+3903012345678"),
        ("+972561234567", "+970591234567"),
        ("+12025550101", "+12025550102"),
    ],
)
def test_numbers_of_two_people_stay_two(one: str, other: str) -> None:
    assert identity(normalised(one) or one) != identity(normalised(other) or other)


def test_a_number_of_argentina_is_dialled_as_it_was_told() -> None:
    assert normalised("+54 9 11 2345 6789") == "+5491123456789"
    assert normalised("+54 11 4321 5678") == "+541143215678"


def test_an_address_that_is_no_number_is_its_own_identity() -> None:
    assert identity("ann@example.com") == "ann@example.com"


# The example of Gabon in the metadata is an old spelling itself.
@pytest.mark.parametrize("code", sorted(CHANGES.keys() - {241}))
def test_numbers_of_today_stand_as_they_are(code: int) -> None:
    for region in phonenumbers.region_codes_for_country_code(code):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example is not None:
            today = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            assert normalised(today) == today


CODES = st.sampled_from([str(code) for code in CHANGES])


@given(code=CODES, national=st.text("0123456789", min_size=5, max_size=13))
def test_a_normalised_number_is_valid_and_stays_as_it_is(code: str, national: str) -> None:
    number = normalised(f"+{code}{national}")

    if number is not None:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert normalised(number) == number
        assert identity(identity(number)) == identity(number)


@given(raw=st.text(max_size=80), region=st.sampled_from([None, "MX", "AR", "BR", "IT", "US"]))
def test_any_text_can_be_looked_at(raw: str, region: str | None) -> None:
    number = normalised(raw, region)

    assert number is None or country_of(number) is not None or number.startswith("+")


def test_a_masked_number_cannot_be_dialled() -> None:
    assert masked("+12025550101") == "+1202…01"
    assert masked("ann") == "…"


@pytest.mark.parametrize("told", ["@sealed:1:QUJD@example.com", "a@b@example.com", "@", "a@", "@b"])
def test_what_is_no_mail_address_is_nobodys(told: str) -> None:
    assert readable(told) is None


def test_a_mail_address_is_compared_in_small_letters() -> None:
    assert readable(" Ann@Example.com ") == "ann@example.com"
