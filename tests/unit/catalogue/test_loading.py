"""A catalogue is read whole or not at all; everything that is wrong is told, in order, once, with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from infra.catalogue import DATA, load_catalogue
from infra.errors import InputError
from infra.toml_lines import line_at, lines_of

HEAD = """\
[provenance]
author = "catalogue desk"
reason = "test"
source = "none"
confidence = "GK"
published_on = 2026-11-22
verified_on = 2026-11-22
review_by = 2027-11-22

[[line]]
slug = "x5"
powertrain = "ICE"

[[line.model_year]]
year = 2019
announced = 2018-06-06
orderable = "2018-11"
last_order = 2019-09-29
variants = [{ code = "diesel", powertrain = "ICE" }]
options = [
  { code = "air" },
  { code = "off-road", requires = ["air"] },
  { code = "sport", excludes = ["off-road"] },
]

[[line.model_year.prices]]
market = "DE"
currency = "EUR"
valid_from = 2018-11-01
includes_tax = true
variants = { diesel = 6_900_000 }
options = { air = 170_000 }
"""
SECOND = """
[[line.model_year]]
year = 2020
announced = 2019-08-01
orderable = 2019-10-01
variants = [{ code = "diesel", powertrain = "ICE" }]
"""


def errors(folder: Path, **texts: str) -> list[str]:
    """What is told about these files, `file:line: what` each."""
    for brand, text in texts.items():
        (folder / f"{brand}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_catalogue(folder)
    assert refused.value.exit_code == 2
    return [line.removeprefix(f"{folder}/") for line in str(refused.value).split("\n")[1:]]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "BMW.toml").write_text(HEAD + SECOND, encoding="utf-8")
    line = load_catalogue(tmp_path).line("BMW", "x5")
    assert line is not None
    assert [(year.year, year.author, len(year.options)) for year in line.model_years] == [
        (2019, "catalogue desk", 3),
        (2020, "catalogue desk", 0),
    ]


@pytest.mark.parametrize(
    ("value", "says"),
    [("[" * 5000 + "]" * 5000, "nested too deeply"), ("9" * 5000, "a number of too many digits")],
)
def test_what_the_parser_trips_over_is_no_toml(tmp_path: Path, value: str, says: str) -> None:
    (fault,) = errors(tmp_path, BMW=f"{HEAD}\nx = {value}\n")
    assert fault.startswith("BMW.toml:")
    assert "is no TOML" in fault
    assert says in fault


def test_the_file_that_the_docs_show_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/catalogue.md").read_text(encoding="utf-8")
    (tmp_path / "BMW.toml").write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert load_catalogue(tmp_path).line("BMW", "x5") is not None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[line]]", "[[lime]]", "10: unknown key lime; known are line, provenance"),
        ('slug = "x5"', 'slug = "X 5"', "11: 'X 5' is no slug such as 3-series"),
        ('slug = "x5"', 'slag = "x5"', "11: unknown key slag; known are powertrain, slug"),
        ('powertrain = "ICE"', 'powertrain = "steam"', "12: powertrain: Invalid enum value 'steam'"),
        ('powertrain = "ICE"', 'powertrain = "BEV"', "19: no variant is BEV, which the line says is meant"),
        ("year = 2019", 'year = "MY19"', "15: year: Expected `int`, got `str`"),
        ("announced = 2018-06-06\n", "", "14: announced is missing"),
        ("announced = 2018-06-06", 'announced = "by 2018"', "16: announced: by 2018 may be any earlier day"),
        ("announced = 2018-06-06", 'announced = "soon"', "16: announced: 'soon' is no date"),
        (
            "announced = 2018-06-06",
            'announced = "2018-02-30"',
            "16: announced: '2018-02-30' is no date",
        ),
        ('orderable = "2018-11"', 'orderable = "2018-05"', "17: 2018-05 lies before announced 2018-06-06"),
        (
            "last_order = 2019-09-29",
            'last_order = "2018-11"',
            "18: 2018-11 leaves no day on which it can surely",
        ),
        ('orderable = "2018-11"\n', "", "17: a last day to order needs a first"),
        ('requires = ["air"]', 'requires = ["sir"]', "22: option off-road requires sir, which is no option"),
        ('excludes = ["off-road"]', 'excludes = ["sport"]', "23: circular: sport can never be built"),
        ('code = "air"', 'code = "off-road"', "22: option off-road is listed twice"),
        (
            '{ code = "air" }',
            '{ code = "air", price = 3 }',
            "21: unknown key price; known are code, excludes",
        ),
        ('market = "DE"', 'market = "UK"', "27: 'UK' is no market such as DE or US-NC"),
        ('market = "DE"', 'market = "Germany"', "27: 'Germany' is no market such as DE or US-NC"),
        ('currency = "EUR"', 'currency = "€"', "28: '€' is no currency such as EUR"),
        ("diesel = 6_900_000", "diesel = 69_000.00", "31: diesel: Expected `int`, got `float`"),
        ("diesel = 6_900_000", "diesel = 0", "31: the price of diesel is 0: it must be more than nothing"),
        ("diesel = 6_900_000", "steam = 6_900_000", "31: steam is none of the model year's variants"),
        ("air = 170_000", "fins = 170_000", "32: fins is none of the model year's options"),
        ("valid_from = 2018-11-01", "valid_from = 2018-11-31", "29: is no TOML: Invalid date"),
        ('confidence = "GK"', 'confidence = "M"', "14: what has no source is GK at most, not M"),
        ('source = "none"', 'source = ""', '14: the source is empty: name it, or write "none"'),
        ('author = "catalogue desk"\n', "", "13: author is missing"),
        ('author = "catalogue desk"', "author = 7", "2: author: Expected `str`, got `int`"),
        (
            "review_by = 2027-11-22",
            "review_by = 2025-11-22",
            "14: 2025-11-22 lies before verified_on 2026-11-22",
        ),
        ("[[line.model_year]]", "[line.model_year]", "14: a list of rows, [[model_year]], is wanted here"),
    ],
)
def test_one_wrong_place_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = HEAD.replace(old, new, 1)
    if new.startswith("[line"):
        text = text[: text.index("[[line.model_year.prices]]")]
    assert any(error.startswith(f"BMW.toml:{told}") for error in errors(tmp_path, BMW=text))


def test_two_wrong_values_of_one_row_are_both_told(tmp_path: Path) -> None:
    wrong = HEAD.replace("{ air = 170_000 }", "{ air = true, off-road = 1.5 }")
    assert errors(tmp_path, BMW=wrong) == [
        "BMW.toml:32: air: Expected `int`, got `bool`",
        "BMW.toml:32: off-road: Expected `int`, got `float`",
    ]


def test_rows_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    prices = HEAD[HEAD.index("[[line.model_year.prices]]") :]
    assert errors(
        tmp_path, BMW=HEAD + prices + SECOND.replace("2019-10-01", "2019-09-01") + "\n[[line]]\nslug = 'x5'"
    ) == [
        "BMW.toml:33: two price lists for DE hold on 2018-11-01",
        "BMW.toml:41: two model years of x5 overlap: both 2019 and 2020 could be ordered on 2019-09-01",
        "BMW.toml:47: powertrain is missing",
    ]


def test_what_is_wrong_twice_in_one_place_is_told_once(tmp_path: Path) -> None:
    here = 'variants = [{ code = "diesel", powertrain = "ICE" }]\nmarkets = ["DE", "FR"]'
    both = SECOND.replace('variants = [{ code = "diesel", powertrain = "ICE" }]', here)
    text = HEAD.replace('requires = ["air"]', 'requires = ["sir", "sir"]')
    assert errors(tmp_path, BMW=text + both + both) == [
        "BMW.toml:22: option off-road requires sir, which is no option of this model year",
        "BMW.toml:41: two model years of x5 overlap: both 2020 and 2020 could be ordered on 2019-10-01",
    ]


def test_a_circular_exclusion_names_the_chain_and_where_it_begins(tmp_path: Path) -> None:
    chain = HEAD.replace('{ code = "air" }', '{ code = "air", excludes = ["sport"] }').replace(
        'excludes = ["off-road"]', 'requires = ["off-road"]'
    )
    (told,) = errors(tmp_path, BMW=chain)
    why = "sport requires off-road, off-road requires air, air excludes sport"
    assert told == f"BMW.toml:23: circular: sport can never be built, for {why}"


def test_a_line_that_is_listed_twice_is_told(tmp_path: Path) -> None:
    twice = HEAD + HEAD[HEAD.index("[[line]]") :]
    assert errors(tmp_path, BMW=twice) == ["BMW.toml:34: BMW x5 is listed twice"]


def test_what_can_be_judged_beside_a_row_that_cannot_be_read_is_judged(tmp_path: Path) -> None:
    broken = (
        HEAD.replace("year = 2019", "year = true") + SECOND + 'options = [{ code = "a", excludes = ["a"] }]\n'
    )
    assert errors(tmp_path, BMW=broken) == [
        "BMW.toml:15: year: Expected `int`, got `bool`",
        "BMW.toml:39: circular: a can never be built, for a excludes a",
    ]


def test_a_thousand_errors_in_two_files_are_all_told_in_order_and_once(tmp_path: Path) -> None:
    options = "".join(f'  {{ code = "o{n}", requires = ["none-{n}"] }},\n' for n in range(500))
    many = HEAD.replace("  { code", f"{options}  {{ code", 1)
    told = errors(tmp_path, BMW=many, MINI=many)
    assert [error.partition(" ")[0] for error in told] == [
        f"{brand}.toml:{line}:" for brand in ("BMW", "MINI") for line in range(21, 521)
    ]
    assert len(set(told)) == 1000


def test_a_folder_and_a_file_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.toml file"):
        load_catalogue(tmp_path)
    (tmp_path / "AUDI.toml").write_bytes(b"\xff")
    assert errors(tmp_path, bmw=HEAD, MINI="[[line]\n") == [
        "AUDI.toml:1: cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        "MINI.toml:1: is no TOML: Expected ']]' at the end of an array declaration",
        "bmw.toml:1: 'bmw' is no brand such as BMW or ROLLS-ROYCE",
    ]


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deep for key, entry in inner for deep in paths(entry, (*path, key)))]


TRICKY = '''\
a.b = 1 # [[not]]
"c d" = [ # [
  [1, 2], "]", {e = "}", 'f' = ["#", 2018-01-01 10:00:00]},
  """two
lines [[x]]""",
]
g = \'\'\'
[[y]]\'\'\'
[h]
[[h.i]]
j = 1
[[h.i]]
j = 1.5
[h.i.k]
l = true
'''


@pytest.mark.parametrize(
    "text", [TRICKY, *(path.read_text(encoding="utf-8") for path in DATA.glob("*.toml"))]
)
def test_every_value_of_a_file_has_a_line(text: str) -> None:
    found = lines_of(text)
    assert {path for path in paths(tomllib.loads(text)) if path} <= found.keys()
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in text.split("\n")[line - 1]


def test_lines_are_those_of_the_file() -> None:
    found = lines_of(TRICKY)
    assert [found["c d", 2, "f"], found["c d", 3], found["h", "i", 1, "j"], found["h", "i", 1, "k", "l"]] == [
        3,
        4,
        13,
        15,
    ]
    assert line_at(found, ("h", "i", 0, "unknown")) == 10
    assert line_at(found, ("unknown",)) == 1
