"""Numbers that are written in two ways, or were until their country changed its plan.

Two kinds. What a plan did away with reaches nobody any more as it was written: `updated` gives
today's spelling, which is what is stored and sent to. Argentina alone has two that are both in
use, and which one may be dialled depends on the line: `identity` makes them one person, and the
number stays as it was told.

Left out on purpose, as one spelling may be somebody else's, or nobody can tell what became of it:
Kosovo's old +377 44 and 45 (Monaco gives them out now), Korea's 011 to 019, the Philippines' Metro
Manila of 2019 (the new digit depends on the carrier), Italian numbers with 3 or 8 in front and a
zero lost (those are mobiles and free numbers), plans that changed before 2012.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`old` is a pattern of the whole national number, `new` a full one in E.164 made from it.

    `even_if_valid`: the numbering data still knows the old spelling, though nobody has it.
    """

    old: re.Pattern[str]
    new: str
    even_if_valid: bool = False


def _change(old: str, new: str, *, even_if_valid: bool = False) -> Change:
    return Change(re.compile(old), new, even_if_valid)


def _vietnam() -> Iterator[Change]:
    """2018: mobiles of eleven digits got ten; every range of 100 got a prefix of its own."""
    prefixes = dict(zip(range(162, 170), range(32, 40), strict=True)) | {
        **{120: 70, 121: 79, 122: 77, 126: 76, 128: 78},  # MobiFone
        **{123: 83, 124: 84, 125: 85, 127: 81, 129: 82},  # VinaPhone
        **{186: 56, 188: 58, 199: 59},  # Vietnamobile, Gmobile
    }
    for old, new in prefixes.items():
        yield _change(rf"{old}(\d{{7}})", rf"+84{new}\1")


# By country calling code; the first that fits and gives a number that exists holds.
CHANGES: Mapping[int, tuple[Change, ...]] = {
    # Mexico, 2019: no 1 before mobiles from abroad, no 01, 044 or 045 inside.
    52: (_change(r"(?:1|01|044|045)(\d{10})", r"+52\1"),),
    # Argentina: the 15 of national dialling and the 9 of international, both.
    54: (_change(r"90?(\d{2,4}15\d{6,8})", r"+54\1"),),
    # Brazil, 2012 to 2016: a 9 before all mobiles. Fixed lines begin with 2 to 5.
    55: (_change(r"([1-9]\d)([6-9]\d{7})", r"+55\g<1>9\2", even_if_valid=True),),
    # Colombia, 2021: fixed lines got 60 before the old area code.
    57: (_change(r"([124-8]\d{7})", r"+5760\1"),),
    # Ecuador, 2012: a 9 before mobiles.
    593: (_change(r"([89]\d{7})", r"+5939\1"),),
    84: tuple(_vietnam()),
    # Ivory Coast, 2021: ten digits; the second of the old eight says which network it was.
    225: (
        _change(r"([04-9][0-3]\d{6})", r"+22501\1"),
        _change(r"([04-9][4-6]\d{6})", r"+22505\1"),
        _change(r"([04-9][7-9]\d{6})", r"+22507\1"),
    ),
    # Benin, 2024: 01 before all numbers.
    229: (_change(r"([2-9]\d{7})", r"+22901\1"),),
    # Mauritius, 2013: a 5 before mobiles.
    230: (_change(r"([79]\d{6})", r"+2305\1"),),
    # Cameroon, 2014: nine digits, 6 before mobiles and 2 before fixed lines.
    237: (_change(r"([5-9]\d{7})", r"+2376\1"), _change(r"([23]\d{7})", r"+2372\1")),
    # Gabon, 2019: eight digits; the old zero went, the network's digit came.
    241: (
        _change(r"0?([256]\d{6})", r"+2416\1", even_if_valid=True),
        _change(r"0?([47]\d{6})", r"+2417\1", even_if_valid=True),
        _change(r"0?(1\d{6})", r"+2411\1", even_if_valid=True),
    ),
    # France: what is dialled 0690 ... at home lies overseas, under codes of its own.
    33: (
        _change(r"([56]90\d{6}|691\d{6})", r"+590\1"),
        _change(r"([56]94\d{6})", r"+594\1"),
        _change(r"([56]96\d{6}|697\d{6})", r"+596\1"),
        _change(r"((?:26[29]|639|69[23])\d{6})", r"+262\1"),
    ),
    # Palestinian mobiles answer under both codes.
    972: (_change(r"(5[69]\d{7})", r"+970\1"),),
    # Kosovo's mobiles were Slovenian numbers until 2017.
    386: (_change(r"(4[39]\d{6})", r"+383\1"),),
    # Italy: the zero of fixed lines belongs to the number, mobiles never have one.
    39: (_change(r"0(3\d{8,9})", r"+39\1"), _change(r"([24-79]\d{5,9})", r"+390\1")),
}


def updated(country_code: int, national: str, *, valid: bool) -> Iterator[str]:
    """Today's spellings of a number in E.164, likeliest first; none where it stands as it is."""
    for change in CHANGES.get(country_code, ()):
        match = change.old.fullmatch(national)
        if match is not None and (change.even_if_valid or not valid):
            yield match.expand(change.new)


def identity(address: str) -> str:
    """One spelling per person, to be compared and hashed but neither dialled nor shown.

    Argentina: a subscriber has one number, +54 11 2345 6789; a mobile is dialled with a 9 from
    abroad, which carriers report, and shown without one by most switches at home.
    """
    if address.startswith("+54") and not address.startswith("+549"):
        return "+549" + address[3:]
    return address
