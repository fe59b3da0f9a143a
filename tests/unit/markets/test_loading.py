"""Market files are read whole or not at all, and everything that is wrong with them is told: file, line, what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.markets.validity import Validity, parse_moment
from infra.errors import InputError
from infra.markets import DATA, MarketFaults, edition, load_markets, read_folder

HEAD = """\
[place]
market = "DE"
name = "Germany"
zone = "Europe/Berlin"
currency = "EUR"
calendar = "DE"
sales_rule = "EU-01"

[provenance]
author = "market desk"
reason = "first edition"
published_on = 2026-11-22
verified_on = 2026-11-22
review_by = 2027-11-22
"""  # 14 lines
FRANCHISE = """
[[distribution]]
id = "DE-franchise"
brands = ["MINI"]
model = "franchise"
valid_from = "2020-01-01"
confidence = "M"
source = "press"
"""  # its header on line 16 of a file that begins with HEAD
AGENCY = """
[[distribution]]
id = "DE-agency"
brands = ["MINI"]
ages = ["new"]
model = "agency_genuine"
confidence = "M"
source = "press"
steps = [
  { step = "announced", on = "2023", effective = "from 2024" },
  { step = "adopted", on = "2024-10-01", effective = "2024-10-01" },
]
"""
LAW = """
[[law]]
id = "DE-law"
effect = "forbids"
tests = "contract"
rule = { id = "EU-01", version = 1 }
valid_from = "2020-01-01"
confidence = "M"
source = "press"
"""
AGREEMENTS = """
[[incompatible]]
id = "DE-roles"
roles = ["agent", "dealer"]
rule = { id = "EU-08", version = 1 }
valid_from = "2022"
confidence = "M"
source = "guidelines"

[[appointing]]
id = "DE-notice"
roles = ["agent"]
notice_months_min = 24
rule = { id = "EU-04", version = 1 }
valid_from = "2023-01-18"
confidence = "M"
source = "law"
"""
RULING = """
[[ruling]]
id = "DE-ruling"
of = ["DE-franchise", "DE-rival"]
selects = "DE-franchise"
decided_by = ["a.person", "b.person"]
reason = "the better source"
source = "press"
on = 2026-11-22
"""
RIVAL = FRANCHISE.replace("DE-franchise", "DE-rival").replace('"franchise"', '"direct"')
REGIONS = """\
[[region]]
code = "EU"
name = "European Union"
source = "treaties"
members = [
  { market = "DE", from = 1958-01-01 },
  { market = "GB", from = 1973-01-01, to = 2020-02-01 },
]
"""


def folder(tmp_path: Path, regions: str = REGIONS, **files: str) -> Path:
    """A folder of market files: `DE="…"`; those with `_` in their name have `-` there."""
    (tmp_path / "markets").mkdir()
    (tmp_path / "regions.toml").write_text(regions, encoding="utf-8")
    (tmp_path / "calendars.toml").write_text((DATA / "calendars.toml").read_text(encoding="utf-8"))
    for name, text in files.items():
        (tmp_path / "markets" / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def told(found: Path) -> list[str]:
    """What is wrong, without the folder's own name."""
    with pytest.raises(MarketFaults) as faults:
        load_markets(found)
    return [line.removeprefix(f"{found}/").removeprefix("markets/") for line in faults.value.told]


def test_the_shipped_files_are_right() -> None:
    shipped = read_folder()
    assert len([one for one in shipped.rows if one.market.startswith("US-")]) == 51
    assert len(edition()) == 64


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    markets = load_markets(folder(tmp_path, DE=HEAD + FRANCHISE + AGENCY + LAW + RIVAL + RULING))
    rows = markets.rows["DE"]
    assert [claim.id for claim in rows.claims()] == ["DE-law", "DE-franchise", "DE-agency", "DE-rival"]
    assert [step.step for step in rows.distributions[1].steps] == ["announced", "adopted"]
    assert rows.rulings[0].selects == "DE-franchise"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (FRANCHISE.replace('"franchise"', '"barter"'), "DE.toml:19: `model`: 'barter' is none of franchise"),
        (FRANCHISE.replace("2020-01-01", "2020-02-30"), "DE.toml:20: `valid_from`: '2020-02-30' is no date"),
        (FRANCHISE.replace("2020-01-01", "soon"), "DE.toml:20: `valid_from`: 'soon' is no date"),
        (FRANCHISE.replace("MINI", "Mini"), "DE.toml:18: `brands`: 'Mini' is not written as ROLLS-ROYCE"),
        (FRANCHISE.replace("MINI", "LAND ROVER"), "DE.toml:18: `brands`: 'LAND ROVER' is not written as"),
        (FRANCHISE.replace("source", "sauce"), "DE.toml:22: there is no key sauce"),
        (FRANCHISE.replace('source = "press"', ""), "DE.toml:16: `source` is missing"),
        (FRANCHISE.replace('"press"', '"none"'), "DE.toml:21: DE-franchise: without a source"),
        (FRANCHISE.replace("2020-01-01", "٢٠٢٤"), "DE.toml:20: `valid_from`: '٢٠٢٤' is no date"),
        (FRANCHISE.replace("2020-01-01", "0001"), "DE.toml:20: `valid_from`: the day must lie between 1900"),
        (FRANCHISE + 'review_by = "20271122"\n', "DE.toml:23: `review_by`: '20271122' is no date"),
        (FRANCHISE + 'review_by = "2027-W40-2"\n', "DE.toml:23: `review_by`: '2027-W40-2' is no date"),
        (FRANCHISE.replace('"press"', '"NONE"'), "DE.toml:21: DE-franchise: without a source"),
        (FRANCHISE.replace('"press"', r'"press\u0000"'), "DE.toml:22: `source`: the text holds a character"),
        (FRANCHISE + r'author = "a\u001b"', "DE.toml:23: `author`: the text holds a character"),
        (FRANCHISE + r'reason = "a\u0085"', "DE.toml:23: `reason`: the text holds a character"),
        (FRANCHISE + r'says = "a\u0007"', "DE.toml:23: `says`: the text holds a character"),
        (FRANCHISE + f'says = "{"a" * 1001}"', "DE.toml:23: `says`: the text may have at most 1,000"),
        (AGREEMENTS.replace("= 24", "= 9000000000"), "DE.toml:27: `notice_months_min`: the number must lie"),
        (
            FRANCHISE + f"x = {'[' * 5000}{']' * 5000}",
            "DE.toml:1: it is not TOML: its lists or tables are nested",
        ),
        (FRANCHISE + f"x = {'9' * 5000}", "DE.toml:1: it is not TOML: it holds a number of too many digits"),
        (FRANCHISE.replace('"press"', '" "'), "DE.toml:22: `source` must be a text that is not empty"),
        (FRANCHISE.replace("DE-", "FR-"), "DE.toml:17: FR-franchise: FR-franchise must begin with DE-"),
        (FRANCHISE.replace("[[distribution]]", "[[sale]]"), "DE.toml:16: there is no table sale"),
        (FRANCHISE.replace("[[distribution]]", "[distribution]"), "DE.toml:16: write each row under [["),
        (FRANCHISE + 'valid_to = "2019"\n', "DE.toml:23: DE-franchise: it ends (2019) before it begins"),
        (FRANCHISE + "review_by = 2020-01-01\n", "DE.toml:23: DE-franchise: its review is due on 2020-01-01"),
        (FRANCHISE + FRANCHISE, "DE.toml:25: DE-franchise: another row has the id DE-franchise"),
        (FRANCHISE.replace("[[", "[[["), "DE.toml:16: it is not TOML"),
        (AGENCY.replace('"adopted"', '"done"'), "DE.toml:25: `step`: 'done' is none of announced"),
        (AGENCY.replace('on = "2024-10-01"', 'on = "2022"'), "DE.toml:25: DE-agency: it was adopted on 2022"),
        (
            AGENCY.replace('"announced"', '"reversed"'),
            "DE.toml:24: DE-agency: a plan cannot be reversed first",
        ),
        (AGENCY.replace("effective", "effectual"), "DE.toml:24: there is no key effectual"),
        (
            AGENCY + 'valid_from = "2024"\n',
            "DE.toml:23: DE-agency: it has either `valid_from`, or the `steps`",
        ),
        (LAW.replace("[[law]]", "[[law]]\nbrands = []"), "DE.toml:17: `brands` must be a list of texts"),
        (LAW.replace('"contract"', '"moon"'), "DE.toml:19: `tests`: 'moon' is none of home"),
        (LAW.replace("version = 1", 'version = "x"'), "DE.toml:20: `rule`: 'x' must be a whole number"),
        (LAW + 'disputes = "DE-other"\n', "DE.toml:24: DE-law: there is no other law DE-other"),
        (
            AGREEMENTS.replace('"dealer"', '"seller"'),
            "DE.toml:18: `roles`: 'seller' is none of agent, dealer",
        ),
        (AGREEMENTS.replace(', "dealer"', ""), "DE.toml:18: DE-roles: it takes two roles that cannot go"),
        (AGREEMENTS.replace("= 24", "= -1"), "DE.toml:27: `notice_months_min`: -1 must be a whole number"),
        (AGREEMENTS.replace("= 24", "= 0"), "DE.toml:24: DE-notice: it asks nothing: set costs_told_days"),
        (AGREEMENTS.replace('"guidelines"', '"none"'), "DE.toml:21: DE-roles: without a source"),
        (AGREEMENTS + 'valid_to = "2022"\n', "DE.toml:32: DE-notice: it ends (2022) before it begins"),
        (
            AGREEMENTS.replace("DE-notice", "DE-roles"),
            "DE.toml:25: DE-roles: another row has the id DE-roles",
        ),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    found = told(folder(tmp_path, DE=HEAD + text))
    assert any(line.startswith(fault) for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Europe/Berlin", "Europe/Bonn", "DE.toml:4: IANA knows no zone Europe/Bonn"),
        ('calendar = "DE"', 'calendar = "XX"', "DE.toml:6: there is no calendar XX"),
        ('"EUR"', '"euro"', "DE.toml:5: euro is no currency"),
        ('"EUR"', '"A1A"', "DE.toml:5: A1A is no currency"),
        ('market = "DE"', 'market = "FR"', "DE.toml:2: it names FR, but the file is that of DE"),
        ("EU-01", "EU-99", "DE.toml:7: `sales_rule`: 'EU-99' is none of EU-01, US-01"),
        ("reason =", "season =", "DE.toml:11: there is no key season"),
        ("published_on = 2026-11-22", 'published_on = "x"', "DE.toml:12: `published_on`: 'x' is no date"),
    ],
)
def test_a_wrong_head_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    found = told(folder(tmp_path, DE=HEAD.replace(old, new) + FRANCHISE))
    assert any(line.startswith(fault) for line in found), found


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("US_ZZ", "US-ZZ.toml:1: there is no place US-ZZ: US is a country without a part of that name"),
        ("XX", "XX.toml:1: there is no place XX: XX is no country of ISO 3166-1"),
    ],
)
def test_an_unknown_state_or_country_is_told(tmp_path: Path, name: str, fault: str) -> None:
    code = name.replace("_", "-")
    text = HEAD.replace('"DE"', f'"{code}"', 1)
    assert told(folder(tmp_path, **{name: text})) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            RULING.replace("b.person", "A.person"),
            "DE.toml:36: DE-ruling: a ruling takes two different people",
        ),
        (RULING.replace(', "b.person"', ""), "DE.toml:36: DE-ruling: a ruling takes two different people"),
        (
            RULING.replace('source = "press"', 'source = "none"'),
            "DE.toml:38: DE-ruling: a ruling takes a source",
        ),
        (RULING.replace('source = "press"\n', ""), "DE.toml:32: `source` is missing"),
        (RULING.replace('"DE-rival"', '"DE-gone"'), "DE.toml:34: DE-ruling: there is no claim DE-gone"),
        (RULING.replace('selects = "DE-franchise"', ""), "DE.toml:32: DE-ruling: a ruling `selects` one"),
        (
            RULING + "contested = true\n",
            "DE.toml:35: DE-ruling: a ruling `selects` one of the claims, or says",
        ),
        (
            RULING + RULING.replace("DE-ruling", "DE-second"),
            "DE.toml:43: DE-second: another ruling decides on DE-franchise already",
        ),
    ],
)
def test_a_ruling_takes_two_people_a_source_and_claims_of_its_own(
    tmp_path: Path, text: str, fault: str
) -> None:
    found = told(folder(tmp_path, DE=HEAD + FRANCHISE + RIVAL + text))
    assert any(line.startswith(fault) for line in found), found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Berg", "Anna  Berg"),
        ("Anna Berg", "Anna\u00a0Berg"),
        ("Anna Berg", "anna berg\u200b"),
        ("M\u00fcller", "Mu\u0308ller"),
        ("Straße", "STRASSE"),
    ],
)
def test_one_person_however_written_rules_nothing(tmp_path: Path, one: str, other: str) -> None:
    text = RULING.replace("a.person", one).replace("b.person", other)
    found = told(folder(tmp_path, DE=HEAD + FRANCHISE + RIVAL + text))
    assert found == ["DE.toml:36: DE-ruling: a ruling takes two different people"]


def test_a_source_that_is_none_in_capitals_is_none(tmp_path: Path) -> None:
    text = RULING.replace('"press"', '"NONE"')
    found = told(folder(tmp_path, DE=HEAD + FRANCHISE + RIVAL + text))
    assert found == ["DE.toml:38: DE-ruling: a ruling takes a source"]


@pytest.mark.parametrize("text", ["", "[provenance]" + HEAD.partition("[provenance]")[2] + FRANCHISE])
def test_a_market_without_a_place_is_told(tmp_path: Path, text: str) -> None:
    assert told(folder(tmp_path, DE=text)) == [
        "DE.toml:1: DE is a market, and has no [place]: its name, clock and money"
    ]


def test_a_country_of_parts_needs_a_place_unless_a_part_is_a_market(tmp_path: Path) -> None:
    found = folder(tmp_path, CA="", DE=HEAD)
    assert told(found) == ["CA.toml:1: neither CA nor a part of it is a market: it needs a [place]"]
    (found / "markets/CA-ON.toml").write_text(HEAD.replace('"DE"', '"CA-ON"', 1), encoding="utf-8")
    load_markets(found)


def test_the_order_in_which_selectors_are_listed_makes_no_difference(tmp_path: Path) -> None:
    one = FRANCHISE.replace('["MINI"]', '["BMW", "MINI"]\nages = ["used", "new"]')
    other = RIVAL.replace('["MINI"]', '["MINI", "BMW", "MINI"]\nages = ["new", "used"]')
    first, second = load_markets(folder(tmp_path, DE=HEAD + one + other)).rows["DE"].distributions
    assert first.speaks_of == second.speaks_of


def test_networks_tie_as_other_rows_do(tmp_path: Path) -> None:
    rows = "".join(
        f'[[network]]\nid = "DE-{kind}"\nbrands = {brands}\nnetwork = "{kind}"\nvalid_from = "2020"\n'
        'confidence = "M"\nsource = "press"\n'
        for kind, brands in (("franchised", '["MINI", "BMW"]'), ("never_franchised", '["MINI"]'))
    )
    (fault,) = told(folder(tmp_path, DE=HEAD + rows))
    assert fault.startswith("DE.toml:22: DE-never_franchised: it ties with DE-franchised")


def test_laws_of_two_regions_tie_in_a_country_that_belongs_to_both(tmp_path: Path) -> None:
    area = REGIONS.replace('"EU"', '"EEA"').replace("1958-01-01", "1994-01-01")
    head = "[provenance]" + HEAD.partition("[provenance]")[2]
    union = head + LAW.replace("DE-law", "EU-law") + 'brands = ["MINI"]\n'
    wider = head + LAW.replace("DE-law", "EEA-law").replace("forbids", "permits") + 'customers = ["fleet"]\n'
    (fault,) = told(folder(tmp_path, regions=REGIONS + area, DE=HEAD, EU=union, EEA=wider))
    assert "EU-law: it ties with EEA-law" in fault
    left = area.replace("from = 1994-01-01", "from = 1957-01-01, to = 1958-01-01")
    left = left.replace('  { market = "GB", from = 1973-01-01, to = 2020-02-01 },\n', "")
    (tmp_path / "regions.toml").write_text(REGIONS + left, encoding="utf-8")
    load_markets(tmp_path)


def test_claims_with_the_same_selectors_may_disagree(tmp_path: Path) -> None:
    markets = load_markets(folder(tmp_path, DE=HEAD + FRANCHISE + RIVAL))
    assert len(markets.rows["DE"].distributions) == 2


@pytest.mark.parametrize("one_more", ['lines = ["cooper"]', 'powertrains = ["BEV"]', 'customers = ["fleet"]'])
def test_a_tie_is_told_when_it_is_loaded(tmp_path: Path, one_more: str) -> None:
    found = told(folder(tmp_path, DE=HEAD + FRANCHISE + one_more + AGENCY))
    (fault,) = found
    assert fault.startswith("DE.toml:24: DE-agency: it ties with DE-franchise: both match one question")


def test_no_tie_where_no_question_or_no_day_matches_both(tmp_path: Path) -> None:
    other_age = FRANCHISE + 'ages = ["used"]\n'
    over = FRANCHISE + 'lines = ["cooper"]\nvalid_to = "2024-10-01"\n'
    over = over.replace("DE-franchise", "DE-over")
    load_markets(folder(tmp_path, DE=HEAD + other_age + over.replace("MINI", "BMW") + AGENCY))


def test_a_member_state_that_left_is_no_member(tmp_path: Path) -> None:
    again = REGIONS.replace(
        "to = 2020-02-01 },", 'to = 2020-02-01 },\n  { market = "GB", from = 2019-01-01 },'
    )
    assert told(folder(tmp_path, regions=again, DE=HEAD)) == [
        "regions.toml:8: GB is a member of EU already, until it left on 2020-02-01"
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("to = 2020-02-01", "to = 1970-02-01", "regions.toml:7: GB leaves EU on 1970-02-01, before it joins"),
        ('"GB"', '"QQ"', "regions.toml:7: there is no country QQ"),
        ("from = 1958-01-01", 'from = "x"', "regions.toml:6: a member is written"),
        ('source = "treaties"\n', "", "regions.toml:1: `source` is missing"),
        ('source = "treaties"', "source = 7", "regions.toml:4: `source` must be a text"),
        ('code = "EU"', "code = 1", "regions.toml:2: `code` must be a text"),
        ('name = "European Union"', "name = true", "regions.toml:3: `name` must be a text"),
        ('name = "European Union"', 'nom = "Union"', "regions.toml:1: `name` is missing"),
        ("[[region]]", "[[regoin]]", "regions.toml:1: there is no table regoin"),
    ],
)
def test_a_wrong_region_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    found = told(folder(tmp_path, regions=REGIONS.replace(old, new), DE=HEAD))
    assert any(line.startswith(fault) for line in found), found


def test_a_region_has_law_and_terms_and_never_says_who_sells(tmp_path: Path) -> None:
    text = "[provenance]" + HEAD.partition("[provenance]")[2] + FRANCHISE.replace("DE-", "EU-")
    (found,) = told(folder(tmp_path, DE=HEAD, EU=text))
    assert "EU is a region: it has law and terms, and a distribution model is never inferred from it" in found


def test_what_is_asked_of_agreements_is_read_and_a_region_may_ask_it(tmp_path: Path) -> None:
    union = "[provenance]" + HEAD.partition("[provenance]")[2] + AGREEMENTS.replace("DE-", "EU-")
    asked = load_markets(folder(tmp_path, DE=HEAD + AGREEMENTS, EU=union)).partner_rules
    assert [(held.place, held.row.id) for held in asked.incompatible] == [
        ("DE", "DE-roles"),
        ("DE", "EU-roles"),
        ("GB", "EU-roles"),
    ]
    assert [held.row.notice_months_min for held in asked.appointing] == [24, 24, 24]
    assert asked.incompatible[0].window == Validity(parse_moment("2022")).window(date(2026, 11, 22))
    assert asked.incompatible[2].window.sure_to == date(2020, 2, 1)


def test_a_thousand_faults_are_all_told_in_order_and_once(tmp_path: Path) -> None:
    rows = [FRANCHISE.replace("DE-franchise", f"DE-{n}").replace("2020-01-01", "never") for n in range(1000)]
    found = told(folder(tmp_path, DE=HEAD + "".join(rows)))
    assert len(found) == len(set(found)) == 1000
    lines = [int(line.split(":")[1]) for line in found]
    assert lines == list(range(20, 20 + 8 * 1000, 8))


def test_files_are_told_one_after_the_other(tmp_path: Path) -> None:
    wrong = HEAD + FRANCHISE.replace("2020-01-01", "never")
    french = wrong.replace('"DE"', '"FR"', 1).replace("DE-", "FR-")
    assert [line.split(":")[0] for line in told(folder(tmp_path, FR=french, DE=wrong))] == [
        "DE.toml",
        "FR.toml",
    ]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no market file"):
        load_markets(folder(tmp_path))


def test_a_folder_without_regions_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"regions\.toml:1: it cannot be read"):
        load_markets(tmp_path)


def test_the_edition_changes_with_every_row(tmp_path: Path) -> None:
    found = folder(tmp_path, DE=HEAD + FRANCHISE)
    before = edition(found)
    (found / "markets/DE.toml").write_text(HEAD + AGENCY, encoding="utf-8")
    assert edition(found) != before
