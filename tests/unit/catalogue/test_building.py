"""Which options go together: what excludes what, what needs what, and chains that can never be built."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.catalogue.book import Catalogue
from domain.catalogue.relations import clashes, gaps, option_faults
from domain.catalogue.rows import Option
from domain.kernel import Refused
from domain.words import Powertrain
from tests.unit.catalogue.listed import CATALOGUE, IN_SALE, X5, offering, refusal


def test_options_that_exclude_each_other_are_named_whoever_says_so() -> None:
    refused = refusal("air", "off-road", "sport")
    assert refused.code == "unbuildable"
    assert "off-road and sport exclude each other" in str(refused)


def test_what_is_missing_is_named() -> None:
    refused = refusal("off-road")
    assert (refused.code, refused.fields["why"]) == ("unbuildable", "off-road requires air, which is missing")


def test_every_reason_is_told() -> None:
    assert refusal("off-road", "sport").fields["why"] == (
        "off-road and sport exclude each other; off-road requires air, which is missing"
    )


def test_an_option_that_does_not_exist_is_named() -> None:
    refused = refusal("fins", "air", "chrome")
    assert refused.code == "unknown_option"
    assert "no option chrome, fins" in str(refused)


@pytest.mark.parametrize(("powertrain", "built"), [("ICE", True), ("PHEV", True), ("BEV", False)])
def test_a_powertrain_that_no_variant_has_cannot_be_built(powertrain: Powertrain, built: bool) -> None:
    if built:
        CATALOGUE.check("BMW", "x5", (), IN_SALE, "DE", powertrain=powertrain)
        return
    with pytest.raises(Refused, match="no variant is BEV") as refused:
        CATALOGUE.check("BMW", "x5", (), IN_SALE, "DE", powertrain=powertrain)
    assert refused.value.code == "unbuildable"


A_NEEDS_B = Option(code="a", requires=("b",))
B_NEEDS_C = Option(code="b", requires=("c",))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            (A_NEEDS_B, B_NEEDS_C, Option(code="c", excludes=("a",))),
            ["a can never be built, for a requires b, b requires c, c excludes a"],
        ),
        (
            (Option(code="a", requires=("b", "c")), Option(code="b", excludes=("c",)), Option(code="c")),
            ["a can never be built, for a requires b, a requires c, b excludes c"],
        ),
        (
            (Option(code="a", requires=("b",), excludes=("b",)), Option(code="b")),
            ["a can never be built, for a requires b, a excludes b"],
        ),
        ((Option(code="a", excludes=("a",)),), ["a can never be built, for a excludes a"]),
        ((Option(code="a", requires=("a",)),), ["a requires a"]),
        (
            (A_NEEDS_B, B_NEEDS_C, Option(code="c", requires=("a",))),
            ["a requires b, b requires c, c requires a"],
        ),
        (
            (
                Option(code="root", requires=("a",)),
                A_NEEDS_B,
                Option(code="b", excludes=("a",)),
                Option(code="other", excludes=("other",)),
            ),
            [
                "a can never be built, for a requires b, b excludes a",
                "other can never be built, for other excludes other",
            ],
        ),
    ],
    ids=["chain", "fork", "pair", "itself", "needs itself", "circle", "each root once"],
)
def test_what_can_never_be_built_is_told_once(options: tuple[Option, ...], told: list[str]) -> None:
    assert [fault.says for fault in option_faults(options)] == [f"circular: {says}" for says in told]
    with pytest.raises(ValueError, match="circular"):
        offering(*options)


def test_options_that_only_exclude_each_other_are_not_circular() -> None:
    offering(Option(code="a", excludes=("b",)), Option(code="b", excludes=("a",)))


def test_a_long_chain_is_no_circle_and_is_read() -> None:
    links = [Option(code=f"o{n}", requires=(f"o{n + 1}",)) for n in range(300)]
    assert list(option_faults([*links, Option(code="o300")])) == []


CODES = ("a", "b", "c", "d", "e")


@st.composite
def some_options(draw: st.DrawFn) -> tuple[Option, ...]:
    """Options that may name each other in every way."""
    others = st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple)
    return tuple(Option(code=code, requires=draw(others), excludes=draw(others)) for code in CODES)


def choices(options: tuple[Option, ...]) -> list[tuple[Option, ...]]:
    return list(chain.from_iterable(combinations(options, size) for size in range(len(options) + 1)))


def buildable(chosen: tuple[Option, ...]) -> bool:
    return not clashes(chosen) and not gaps(chosen)


@given(some_options())
@settings(max_examples=300, deadline=None)
def test_what_is_not_circular_can_be_built_and_nothing_else_is_refused(options: tuple[Option, ...]) -> None:
    """Tried out: an option can be built if some choice with it can. A circle of requirements is refused though
    it could be built, all at once."""
    faults = [fault.says for fault in option_faults(options)]
    never = [
        one for one in options if not any(one in chosen and buildable(chosen) for chosen in choices(options))
    ]
    assert any("never" in says for says in faults) <= bool(never)
    if never:
        assert faults
    if not faults:
        assert not never


@st.composite
def good_options(draw: st.DrawFn) -> tuple[Option, ...]:
    """Options that can each be built: they require only what comes later, and exclude few others."""
    options: list[Option] = []
    for number, code in enumerate(CODES):
        later, others = CODES[number + 1 :], [other for other in CODES if other != code]
        requires = draw(st.lists(st.sampled_from(later), max_size=1)) if later else []
        excludes = draw(st.lists(st.sampled_from(others), max_size=1))
        options.append(Option(code=code, requires=tuple(requires), excludes=tuple(excludes)))
    assume(not list(option_faults(options)))
    return tuple(options)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_accepted_stays_accepted_when_options_are_added(data: st.DataObject) -> None:
    """Whatever the new options say of the old ones; the old ones say what they said."""
    options = data.draw(good_options())
    accepted = [chosen for chosen in choices(options) if chosen and buildable(chosen)]
    chosen = [option.code for option in data.draw(st.sampled_from(accepted))]
    offering(*options).check("BMW", "x5", chosen, IN_SALE, "DE")
    old_ones = st.lists(st.sampled_from(CODES), max_size=3, unique=True).map(tuple)
    added = [
        Option(code=f"new-{n}", excludes=data.draw(old_ones)) for n in range(data.draw(st.integers(1, 3)))
    ]
    needing = Option(code="needing", requires=(data.draw(st.sampled_from(CODES)), *chosen))
    offering(*options, *added).check("BMW", "x5", chosen, IN_SALE, "DE")
    if not list(option_faults([*options, needing])):
        offering(needing, *added, *options).check("BMW", "x5", chosen, IN_SALE, "DE")


def test_a_catalogue_that_does_not_fit_together_tells_where() -> None:
    with pytest.raises(ValueError, match=r"^line\.1\.slug: BMW x5 is listed twice$"):
        Catalogue([X5, X5])
