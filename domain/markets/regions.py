"""Places: countries (ISO 3166-1), their parts that have laws of their own (ISO 3166-2), and regions of countries.

A region has members by dated membership. It expands for law and terms only: who sells in a market is never
inferred from a region.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

COUNTRIES: Final = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 -- a list of them takes a line each
)
PARTS: Final[Mapping[str, frozenset[str]]] = {
    "US": frozenset(
        """
        AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM
        NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY
        """.split()  # noqa: SIM905 -- as above
    ),
    "CA": frozenset(["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"]),
    "AU": frozenset(["ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A country belongs to a region from a day (included) to another (excluded; None: it still does)."""

    region: str
    market: str
    joined_on: date
    left_on: date | None = None


class Regions:
    """Which countries belong to which regions, since when."""

    def __init__(self, memberships: Iterable[Membership] = ()) -> None:
        self._of: defaultdict[str, list[Membership]] = defaultdict(list)
        self._names: set[str] = set()
        for one in memberships:
            self._of[one.market].append(one)
            self._names.add(one.region)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._names)

    def of(self, market: str) -> Sequence[Membership]:
        """Every membership that a market's country has or had."""
        return self._of.get(country(market), ())

    def members(self, region: str) -> frozenset[str]:
        """Every country that is or was a member."""
        return frozenset(one.market for of in self._of.values() for one in of if one.region == region)


def country(market: str) -> str:
    return market.partition("-")[0]


def level(code: str, regions: Regions) -> int:
    """How near a place is: 0 a region, 1 a country, 2 a part of one."""
    return 0 if code in regions.names else 2 if "-" in code else 1


def known_place(code: str) -> bool:
    """Whether there is such a country, or such a part of a country whose parts are listed."""
    whole, dash, part = code.partition("-")
    return whole in COUNTRIES and (not dash or part in PARTS.get(whole, ()))


def membership_faults(memberships: Sequence[Membership]) -> Iterator[tuple[int, str]]:
    """The memberships that cannot be, by their number from 0, and why."""
    before: dict[tuple[str, str], Membership] = {}
    for number, one in enumerate(memberships):
        earlier = before.get((one.region, one.market))
        if one.market not in COUNTRIES:
            yield number, f"there is no country {one.market} in ISO 3166-1"
        if one.left_on is not None and one.left_on <= one.joined_on:
            yield (
                number,
                f"{one.market} leaves {one.region} on {one.left_on}, before it joins on {one.joined_on}",
            )
        if earlier and (earlier.left_on is None or one.joined_on < earlier.left_on):
            until = f"until it left on {earlier.left_on}" if earlier.left_on else "without end"
            yield number, f"{one.market} is a member of {one.region} already, {until}"
        before[one.region, one.market] = one
