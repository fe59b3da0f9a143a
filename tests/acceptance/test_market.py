"""`carnet market`: asked, drawn and loaded as people do it. Only what loads, or asks what a log knew, needs servers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest

from app.markets.telling import KEYS
from infra.markets import DATA
from tests.acceptance.asked import tells
from tests.acceptance.installation import Installation, Said

DRAWN: Final = Path(__file__).parents[2] / "docs/img/timeline-mini.svg"
COLUMNS: Final = 100
WIDE: Final = 130
ALL_BRANDS: Final = ("BMW", "MINI", "TESLA", "VW", "RIVIAN", "ROLLS-ROYCE")
LETTER: Final = 7.2
SVG: Final = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    """Nothing runs, and nothing is set up."""
    return Installation({}, tmp_path)


def explain(here: Installation, brand: str, market: str, on: str, *more: str) -> Said:
    return here.carnet("market", "explain", "--brand", brand, "--market", market, "--on", on, *more)


def words(said: Said) -> str:
    assert said.code == 0, said
    return " ".join(said.out.split())


def test_who_may_sell_is_told_in_words(here: Installation) -> None:
    told = words(explain(here, "MINI", "DE", "2024-10-01"))
    assert "A new MINI in Germany (DE) on 2024-10-01, for a private customer, in a showroom." in told
    assert "Yes: an agent or the maker may sell it." in told
    assert "by agency (non-genuine)" in told
    assert "The maker is the seller of record, sets the price, owns the stock and sends the invoice." in told
    assert "within 14 days of possession" in told
    assert "DE-MINI-agency (M): BMW sells new MINIs" in told
    assert "source: bmwblog" in told
    assert "Not asked: whether an agreement appoints the seller;" in told


def test_the_json_has_just_these_keys(here: Installation) -> None:
    told = explain(here, "MINI", "FR", "2024-10-01", "--json").json
    assert tuple(told) == KEYS
    assert (told["allowed"], told["ground"], told["grounds"]) == (False, "undetermined", ["undetermined"])
    assert (told["distribution_model"], told["allowed_roles"]) == ("undetermined", [])
    assert (told["confidence"], told["decided_by"]) == (None, [])
    allowed = explain(here, "MINI", "DE", "2024-10-01", "--json").json
    assert (allowed["allowed"], allowed["ground"], allowed["grounds"]) == (True, None, [])
    assert allowed["withdrawal"]["rule"] == "CR-03 v1"


def test_the_grounds_of_a_refusal_are_told_apart(here: Installation) -> None:
    told = words(explain(here, "BMW", "US-TX", "2024-10-01", "--seller", "maker"))
    assert "No: the maker may not sell it; a dealer may." in told
    assert "law: the law forbids it (US-TX-franchised" in told
    assert "maker_policy: the maker chose another way: it is sold by franchise" in told
    careful = words(explain(here, "TESLA", "US-AL", "2024-10-01"))
    assert "as a precaution, because only weak rows forbid it" in careful
    assert "By the maker's choice it would be sold directly" in careful


DOUBTS: Final = {
    ("MINI", "FR", "2024-10-01"): "how MINI is sold there: no row speaks of it.",
    ("ROLLS-ROYCE", "DE", "2025-06-01"): "the rows disagree, and nobody has ruled (DE-ROLLS-ROYCE-direct,",
    ("VW", "DE", "2026-01-10", "--line", "ID.3"): "the sources leave the day open (DE-VW-id-private,",
    ("TESLA", "US-UT", "2024-10-01"): "the rows are too weak to permit anything (US-UT-never-franchised",
    ("RIVIAN", "US-CO", "2026-06-01", "--powertrain", "REEV"): "a court has it (US-CO-range-extender",
    ("BMW", "DE", "2028-01-10"): "the rows were to be looked at again before that day (DE-BMW-franchise)",
}


@pytest.mark.parametrize("asked", DOUBTS)
def test_why_nothing_is_determined_is_told(here: Installation, asked: tuple[str, ...]) -> None:
    assert DOUBTS[asked] in words(explain(here, *asked))


def test_a_line_has_the_powertrain_of_the_catalogue(here: Installation) -> None:
    assert "A new TESLA model-3 (BEV) in Colorado" in words(
        explain(here, "TESLA", "US-CO", "2024-05-05", "--line", "model-3")
    )
    assert explain(here, "TESLA", "US-CO", "2024-05-05", "--line", "Model 3", "--json").json["allowed"]


def test_nobody_knows_of_a_maker_that_no_row_names(here: Installation) -> None:
    told = explain(here, "POLESTAR", "GB", "2026-12-01", "--json").json
    assert (told["allowed"], told["distribution_model"]) == (False, "undetermined")
    assert told["ground"] == "undetermined"


def test_a_plan_and_lines_that_are_sold_otherwise_are_told(here: Installation) -> None:
    told = words(explain(here, "VW", "DE", "2024-06-01"))
    assert "Other lines are sold otherwise: id-buzz id3 id4 id5 id7 (DE-VW-id-agency)." in told
    assert "Other lines" not in words(explain(here, "VW", "DE", "2024-06-01", "--line", "id3"))
    planned = words(explain(here, "BMW", "DE", "2024-06-01"))
    assert (
        "BMW in DE: agency is planned, not in force: announced 2022-11 by 2026; announced 2024-01-23 for 2026-01."
        in planned
    )
    assert "BMW in DE:" not in words(explain(here, "BMW", "DE", "2021-06-01"))


def test_a_line_that_is_nearly_another_is_answered_and_told(here: Installation) -> None:
    said = explain(here, "VW", "DE", "2024-06-01", "--line", "id-3")
    assert said.code == 0
    assert "did you mean id3?" in said.err
    assert "A new VW id-3 in Germany" in " ".join(said.out.split())
    for listed in ("id3", "golf", "id-buzz"):
        assert not explain(here, "VW", "DE", "2024-06-01", "--line", listed).err


def test_what_nobody_knows_is_no_plain_no(here: Installation) -> None:
    told = words(explain(here, "MINI", "FR", "2024-10-01"))
    assert "Nobody knows: undetermined, so nobody may sell it." in told
    assert "withdraw" not in told
    early = words(explain(here, "MINI", "DE", "2017-06-01"))
    assert "how MINI is sold there: no source tells since when (DE-MINI-franchise)." in early
    weak = words(explain(here, "BMW", "US-TX", "2024-10-01"))
    assert "No source tells of a right to withdraw (US-terms, GK)." in weak


def test_a_pipe_is_as_wide_as_columns_says(here: Installation) -> None:
    drawn = here.start("market", "timeline", "--brand", "MINI", COLUMNS=str(WIDE)).ended()
    assert COLUMNS < max(map(len, drawn.err.splitlines())) <= WIDE


def test_only_what_was_public_counts(here: Installation) -> None:
    asked = ("GB", "2025-06-01", "--json")
    assert explain(here, "MINI", *asked).json["distribution_model"] == "agency_non_genuine"
    before = explain(here, "MINI", *asked, "--published-by", "2024-12-31").json
    assert before["distribution_model"] == "undetermined"


WRONG: Final[dict[str, tuple[tuple[str, ...], list[str]]]] = {
    "an unknown brand": (("MINY", "DE", "2024-10-01"), ["--brand", "Did you mean MINI?"]),
    "a brand like no other": (("Erika M.", "DE", "2024-10-01"), ["--brand", "Known are BMW, FORD"]),
    "an unknown market": (("MINI", "XX", "2024-10-01"), ["--market", "Known are AT, AU"]),
    "a market by its name": (("MINI", "Germany", "2024-10-01"), ["--market", "Did you mean DE?"]),
    "a country of states": (("MINI", "US", "2024-10-01"), ["--market", "such as US-AK"]),
    "a day there never was": (("MINI", "DE", "2024-02-30"), ["--on is no day", "2024-10-01"]),
    "no day": (("MINI", "DE", "tomorrow"), ["--on is no day", "2024-10-01"]),
    "no place": (("MINI", "DE", "2024-10-01", "--title", "US-ZZ"), ["--title is no place", "US-TX"]),
    "no line": (("VW", "DE", "2024-10-01", "--line", "!"), ["--line is no model line", "3-series"]),
    "no day of publication": (
        ("MINI", "DE", "2024-10-01", "--published-by", "x"),
        ["--published-by is no day"],
    ),
    "no powertrain": (("MINI", "DE", "2024-10-01", "--powertrain", "steam"), ["--powertrain", "BEV, PHEV"]),
    "no position": (("MINI", "DE", "2024-10-01", "--known-at", "x"), ["--known-at is no position"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_meant_is_told_by_its_option(here: Installation, what: str) -> None:
    asked, told = WRONG[what]
    said = explain(here, *asked)
    tells(said, 2, *told)
    assert "Erika" not in said.err


def test_a_question_needs_its_day(here: Installation) -> None:
    tells(here.carnet("market", "explain", "--brand", "MINI", "--market", "DE"), 2, "--on is missing")


def test_the_timeline_is_legible_without_colour(here: Installation) -> None:
    said = here.carnet("market", "timeline", "--brand", "MINI")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "MINI: who sells how, 2019-01-01 to 2026-12-31"
    assert max(map(len, lines)) <= COLUMNS
    assert "\x1b" not in said.out
    order = [line[:2] for line in lines if "agency" in line and "░" in line]
    assert order == ["IT", "PL", "SE", "AT", "BE", "DE", "GB"]
    assert "No row tells how MINI is sold in AU CA CH CN FR" in said.out
    assert "F ░░ franchise" in said.out


def test_the_timeline_shows_what_is_refused_planned_and_imprecise(here: Installation) -> None:
    tesla = here.carnet("market", "timeline", "--brand", "TESLA").out
    assert re.search(r"US-TX Texas .*╳ refused ╳", tesla)
    assert re.search(r"US-IL Illinois .*█ direct ", tesla)
    assert re.search(r"AL ND SC SD +╱.*× refused to be safe ×", tesla)
    bmw = here.carnet("market", "timeline", "--brand", "BMW").out
    assert re.search(r"FR +i3 i8 +╱+▒ agency ▒+╱+░ franchise ░", bmw)
    assert "announced 2024-01-23 for" in bmw
    fleet = here.carnet("market", "timeline", "--brand", "VW", "--market", "DE").out
    assert re.search(r"· fleet", fleet)
    assert "fleet" not in here.carnet("market", "timeline", "--brand", "VW", "--customer", "private").out


def test_a_market_is_drawn_with_its_brands(here: Installation) -> None:
    said = here.carnet("market", "timeline", "--market", "DE")
    assert said.out.startswith("Germany (DE): who sells how, ")
    assert re.search(r"MERCEDES-BENZ .*▓ genuine agency ▓", said.out)
    assert "TESLA" not in said.out
    alone = here.carnet("market", "timeline", "--market", "FR", "--brand", "MINI")
    assert re.search(r"FR +France +· no row ·", alone.out)


def test_the_timeline_as_data(here: Installation) -> None:
    (lane,) = here.carnet("market", "timeline", "--brand", "MINI", "--market", "GB", "--json").json
    told = [(one["begins"], one["model"], one["ground"]) for one in lane["segments"]]
    assert told[1:3] == [("2019-01-01", "franchise", None), ("2025-03-01", "agency_non_genuine", None)]
    assert (told[0][0], lane["segments"][-1]["ends"]) == (None, None)


def test_no_days_to_draw(here: Installation) -> None:
    tells(here.carnet("market", "timeline", "--brand", "MINI", "--until", "2010-01-01"), 2, "--until must be")
    tells(here.carnet("market", "timeline", "--brand", "MINI", "--since", "x"), 2, "--since is no day")
    tells(here.carnet("market", "timeline", "--svg", "/nowhere/x.svg"), 2, "--svg names a file")


def test_the_picture_in_the_docs_is_current(here: Installation, tmp_path: Path) -> None:
    file = tmp_path / "timeline.svg"
    assert here.carnet("market", "timeline", "--brand", "MINI", "--svg", str(file)).out == f"Drew {file}\n"
    assert file.read_text() == DRAWN.read_text(), f"carnet market timeline --brand MINI --svg {DRAWN}"


@pytest.mark.parametrize("asked", [*(("--brand", one) for one in ALL_BRANDS), ("--market", "DE")])
def test_no_text_of_a_picture_lies_on_another(
    here: Installation, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    file = tmp_path / "timeline.svg"
    assert here.carnet("market", "timeline", *asked, "--svg", str(file)).code == 0
    root = ET.parse(file).getroot()
    width = float(root.attrib["width"])
    boxes = [_box(one) for one in root.iter(f"{SVG}text")]
    assert len(boxes) > len(ALL_BRANDS)
    for left, right, _ in boxes:
        assert 0 <= left < right <= width
    for one, other in combinations(boxes, 2):
        assert abs(one[2] - other[2]) >= LETTER or one[1] <= other[0] or other[1] <= one[0], (one, other)


def _box(text: ET.Element) -> tuple[float, float, float]:
    """Left, right, base line."""
    letters = len(text.text or "") * LETTER * 0.92
    left = float(text.attrib["x"])
    return left, left + letters, float(text.attrib["y"])


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a market file that can be changed."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "FR.toml").write_text((DATA / "markets/FR.toml").read_text())
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_loading_shows_the_difference_and_writes_it_once(installation: Installation, desk: Path) -> None:
    file = desk / "FR.toml"
    planned = installation.carnet("market", "load", "--plan", str(desk))
    assert words(planned).startswith("FR: ")
    assert installation.rows("select count(*) from carnet.events") == [(0,)]
    first = installation.carnet("market", "load", str(desk))
    assert "Loaded: the log is at position" in first.out
    ((head,),) = installation.rows("select position from carnet.head")
    with installation.unchanged():
        again = installation.carnet("market", "load", str(file))
        assert again.out == "Nothing to load: the log holds these rows already.\n"
    change(file, 'id = "FR-BMW-franchise"', 'id = "FR-BMW-dealers"')
    change(file, 'valid_from = "by 2012"', 'valid_from = "by 2011"')
    change(file, "[[terms]]", _MINI_FRANCHISE + "\n[[terms]]")
    told = installation.carnet("market", "load", str(file)).out.splitlines()
    assert "FR: 2 added, 1 withdrawn" in told
    assert {"  + FR-BMW-dealers", "  + FR-MINI-test", "  - FR-BMW-franchise"} <= set(told)
    change(file, 'says = "Dealers sell MINI."', 'says = "Dealers sell it."')
    assert "  ~ FR-MINI-test: says" in installation.carnet("market", "load", "--plan", str(file)).out
    _known_then_and_now(installation, head)


def _known_then_and_now(installation: Installation, head: int) -> None:
    def model(*more: str) -> Any:
        return explain(installation, "MINI", "FR", "2024-10-01", "--json", *more).json["distribution_model"]

    ((now,),) = installation.rows("select position from carnet.head")
    assert model() == "undetermined"  # by the files of Carnet
    assert model("--known-at", str(head)) == "undetermined"
    assert model("--known-at", str(now)) == "franchise"
    said = explain(installation, "MINI", "FR", "2024-10-01", "--known-at", str(now + 1))
    tells(said, 2, "--known-at is after the end of the log")
    drawn = installation.carnet("market", "timeline", "--brand", "MINI", "--known-at", str(now))
    assert re.search(r"FR +France .*░ franchise ░", drawn.out)


_MINI_FRANCHISE: Final = """[[distribution]]
id = "FR-MINI-test"
brands = ["MINI"]
model = "franchise"
valid_from = "2020-01-01"
confidence = "M"
source = "a test"
says = "Dealers sell MINI."
"""


def test_a_file_with_faults_loads_nothing(shared: Installation, desk: Path) -> None:
    (desk / "NL.toml").write_text((DATA / "markets/NL.toml").read_text().replace('model = "', 'mode = "'))
    change(desk / "FR.toml", 'confidence = "M"', 'confidence = "X"')
    with shared.unchanged():
        said = shared.carnet("market", "load", str(desk))
    assert (said.code, said.out) == (2, "")
    assert "nothing was loaded" in said.err
    assert re.search(r"FR\.toml:\d+: ", said.err)
    assert re.search(r"NL\.toml:\d+: ", said.err)


def test_what_is_no_market_file_is_told(here: Installation, desk: Path, tmp_path: Path) -> None:
    tells(here.carnet("market", "load", str(tmp_path / "DE.toml")), 2, "There is no file")
    (tmp_path / "empty").mkdir()
    tells(here.carnet("market", "load", str(tmp_path / "empty")), 2, "has no market file")
    (desk / "markets").mkdir()
    twice = here.carnet("market", "load", str(desk / "FR.toml"), str(DATA / "markets/FR.toml"))
    tells(twice, 2, "tell of one place")


def test_all_that_comes_with_carnet_loads_and_answers_alike(installation: Installation) -> None:
    assert "Loaded: " in installation.carnet("market", "load").out
    assert installation.carnet("market", "load", "--json").json == []
    ((head,),) = installation.rows("select position from carnet.head")
    for asked in [("MINI", "DE", "2024-10-01"), ("TESLA", "US-WA", "2026-12-01"), ("VW", "DE", "2026-05-05")]:
        shipped = explain(installation, *asked, "--json").json
        assert explain(installation, *asked, "--json", "--known-at", str(head)).json == shipped
