"""Any rows of a few markets, and any question about them: for properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import product
from typing import Any, Final, TypeVar, get_args

from hypothesis import strategies as st

from domain.kernel import Rule
from domain.markets.claims import (
    UNCONDITIONAL,
    Conditions,
    Confidence,
    Effect,
    Law,
    Network,
    NetworkKind,
    Place,
    Policy,
    Selectors,
)
from domain.markets.plans import Distribution, DistributionModel, Step
from domain.markets.questions import Question
from domain.markets.regions import Membership, Regions
from domain.markets.resolver import Markets
from domain.markets.rows import AnyClaim, MarketRows
from domain.markets.validity import Validity, parse_moment
from domain.words import CustomerType, Party

C = TypeVar("C", bound=AnyClaim)
Claims = Sequence[tuple[str, AnyClaim]]  # a claim with the code of the file it stands in

BRANDS: Final = ("BMW", "TESLA")
MARKETS: Final = ("DE", "US-CA")  # a member of a region, and a part of a country
FILES: Final = ("EU", "DE", "US", "US-CA")
EVER: Final = Validity(parse_moment("2000-01-01"))
STRONG: Final[tuple[Confidence, ...]] = ("H", "M")
WEAK: Final[tuple[Confidence, ...]] = ("L", "GK")
ANY: Final = (*STRONG, *WEAK)
NEVER_OVERDUE: Final = date(2040, 1, 1)
REGIONS: Final = Regions([Membership(region="EU", market="DE", joined_on=date(2000, 1, 1))])
RULE: Final = Rule("US-01", 1)

# Few values, so that rows meet.
DAYS: Final = st.sampled_from(
    [
        date(year, month, day)
        for year in (2023, 2024, 2025)
        for month, day in ((1, 1), (6, 30), (10, 1), (12, 31))
    ]
)
MOMENTS: Final = st.sampled_from(
    [
        parse_moment(told)
        for told in ("2023", "2024", "by 2024", "2024-Q2", "2024-10", "2024-10-01", "2025-01-01")
    ]
)
VALIDITIES: Final = st.just(EVER) | st.builds(Validity, MOMENTS, st.none() | MOMENTS).filter(
    lambda told: not told.empty
)
CONDITIONS: Final = st.sampled_from(
    [UNCONDITIONAL] * 4
    + [
        Conditions(gallery_forbids=("order",)),
        Conditions(title_outside=True),
        Conditions(never_franchised=True),
        Conditions(stores_max=4),
    ]
)


ANY_SELECTORS: Final = [
    Selectors(
        brands=brands,
        lines=("i3",) if of_line else (),
        customers=("private",) if of_private else (),
        channels=("online",) if of_online else (),
        powertrains=("BEV", "REEV") if of_electric else (),
    )
    for brands in ((), ("BMW",), BRANDS)
    for of_line, of_private, of_online, of_electric in product((True, False), repeat=4)
]
PARTIES: Final = st.sampled_from([(), ("maker",), ("dealer",), ("maker", "agent")])
SELECTORS: Final = st.sampled_from(ANY_SELECTORS)
BRANDED: Final = st.sampled_from([one for one in ANY_SELECTORS if one.brands])
OF_NETWORKS: Final = SELECTORS | st.builds(replace, SELECTORS, network=st.sampled_from(get_args(NetworkKind)))


def _of(
    kind: type[C], sure: tuple[Confidence, ...], **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[C]:
    told = {
        "id": st.just(""),
        "confidence": st.sampled_from(sure),
        "source": st.just("press"),
        "published_on": DAYS,
        "verified_on": st.just(date(2026, 11, 22)),
        "review_by": st.just(NEVER_OVERDUE),
        "author": st.just("market desk"),
        "reason": st.just("a draft"),
        "validity": VALIDITIES,
    }
    return st.builds(kind, **{**told, **fields})


@cache
def laws(sure: tuple[Confidence, ...] = ANY) -> st.SearchStrategy[Law]:
    return _of(
        Law,
        sure,
        effect=st.sampled_from(get_args(Effect)),
        sellers=PARTIES,
        tests=st.sampled_from(["contract", "title"]),
        rule=st.just(RULE),
        speaks_of=OF_NETWORKS,
        conditions=CONDITIONS,
    )


@cache
def networks(sure: tuple[Confidence, ...] = ANY) -> st.SearchStrategy[Network]:
    return _of(
        Network,
        sure,
        brands=st.sampled_from([("BMW",), ("TESLA",), BRANDS]),
        network=st.sampled_from(get_args(NetworkKind)),
    )


@cache
def distributions(sure: tuple[Confidence, ...] = ANY) -> st.SearchStrategy[Distribution]:
    models = st.sampled_from([one for one in get_args(DistributionModel) if one != "undetermined"])
    plain = _of(Distribution, sure, model=models, speaks_of=BRANDED)
    return plain | _of(
        Distribution,
        sure,
        model=models,
        speaks_of=BRANDED,
        validity=st.none(),
        steps=st.builds(
            lambda on, effective: (Step(step="adopted", on=on, effective=effective),), MOMENTS, MOMENTS
        ),
    )


@cache
def policies(sure: tuple[Confidence, ...] = ANY) -> st.SearchStrategy[Policy]:
    return _of(Policy, sure, undetermined=st.just("franchise"), speaks_of=SELECTORS)


@cache
def claims(sure: tuple[Confidence, ...] = ANY) -> st.SearchStrategy[tuple[str, AnyClaim]]:
    """Any claim in any file that may have it."""
    anywhere = st.tuples(st.sampled_from(FILES), laws(sure))
    no_region = st.tuples(
        st.sampled_from(FILES[1:]),
        st.one_of(networks(sure), distributions(sure), distributions(sure), policies(sure)),
    )
    return st.one_of(anywhere, no_region, no_region)


def about(question: Question, sure: tuple[Confidence, ...]) -> st.SearchStrategy[tuple[str, AnyClaim]]:
    """A claim that speaks of the question, in a file that reaches its market."""
    matching = st.sampled_from(
        [
            Selectors(brands=(question.brand,), customers=customers, channels=channels)
            for customers, channels in product(((), (question.customer_type,)), ((), (question.channel,)))
        ]
    )
    reaching = st.sampled_from([file for file in FILES if file[:2] in {question.market[:2], "EU"}])
    return st.builds(_aimed, st.just(question), claims(sure), matching, reaching, plain=st.booleans())


def _aimed(
    question: Question, told: tuple[str, AnyClaim], mine: Selectors, file: str, *, plain: bool
) -> tuple[str, AnyClaim]:
    """The claim, aimed at the question; a plain one has no condition and always holds."""
    claim = told[1]
    if plain:
        claim = replace(claim, validity=EVER)
    if isinstance(claim, Law):
        if plain:
            return file, replace(
                claim, speaks_of=mine, tests="contract", sellers=(), conditions=UNCONDITIONAL
            )
        return file, replace(
            claim, speaks_of=replace(mine, network=claim.speaks_of.network), tests="contract"
        )
    file = question.market if file == "EU" else file
    if isinstance(claim, Network):
        return file, replace(claim, brands=(question.brand,))
    if isinstance(claim, Distribution):
        return file, replace(claim, speaks_of=mine, steps=() if plain else claim.steps)
    assert isinstance(claim, Policy)
    return file, replace(claim, speaks_of=mine)


@st.composite
def cases(
    draw: st.DrawFn, sure: tuple[Confidence, ...] = ANY, more: tuple[Confidence, ...] = ANY
) -> tuple[Question, Claims, Claims]:
    """A question, a book most of which speaks of it, and more claims. Often the book tells in general how the brand
    sells and what the law says: else there is little to permit."""
    question = draw(QUESTIONS)
    speaking = about(question, sure)
    book = draw(st.lists(st.one_of(speaking, speaking, speaking, claims(sure)), max_size=4))
    of_brand = Selectors(brands=(question.brand,))
    in_general: tuple[st.SearchStrategy[AnyClaim], ...] = (
        distributions(STRONG),
        laws(STRONG),
        policies(STRONG),
    )
    for general in in_general:
        if draw(st.booleans()):
            book.append(_aimed(question, ("", draw(general)), of_brand, question.market, plain=True))
    return question, book, draw(st.lists(about(question, more), min_size=1, max_size=2))


def markets(*told: Claims) -> Markets:
    """The markets of these claims."""
    return Markets(rows(*told), regions=REGIONS)


def rows(*told: Claims) -> list[MarketRows]:
    """The rows of every file. Each part is numbered by itself, so that the claims of the first have the same ids
    whatever comes after."""
    by_file: dict[str, list[AnyClaim]] = {file: [] for file in FILES}
    for part, some in enumerate(told):
        for number, (file, claim) in enumerate(some):
            by_file[file].append(replace(claim, id=f"{file}-{part}-{number}"))
    return [_rows(file, found) for file, found in by_file.items()]


def _rows(file: str, found: Sequence[AnyClaim]) -> MarketRows:
    place = Place(
        market=file, name=file, zone="Europe/Berlin", currency="EUR", calendar="DE", sales_rule="EU-01"
    )
    return MarketRows(
        market=file,
        place=place if file in MARKETS else None,
        laws=tuple(one for one in found if isinstance(one, Law)),
        networks=tuple(one for one in found if isinstance(one, Network)),
        distributions=tuple(one for one in found if isinstance(one, Distribution)),
        policies=tuple(one for one in found if isinstance(one, Policy)),
    )


def question(**told: Any) -> Question:
    """Of a NamedTuple itself hypothesis would draw all fields, also those that have defaults."""
    return Question(**told)


QUESTIONS: Final = st.builds(
    question,
    brand=st.sampled_from(BRANDS),
    market=st.sampled_from(MARKETS),
    on=DAYS,
    line=st.sampled_from(("", "i3")),
    powertrain=st.sampled_from((None, "BEV", "ICE")),
    customer_type=st.sampled_from(get_args(CustomerType)),
    channel=st.sampled_from(("showroom", "online", "gallery")),
    seller=st.sampled_from((None, *get_args(Party))),
    title=st.sampled_from(("", "", "DE")),
)


def exactly(question: Question) -> Selectors:
    """More selectors than any row of `about` has."""
    return Selectors(
        brands=(question.brand,),
        customers=(question.customer_type,),
        ages=(question.age,),
        channels=(question.channel,),
    )
