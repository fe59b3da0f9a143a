"""An answer in words: may it be sold, how, by whom, what the buyer may do, and which rows say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TypeAlias

from app.markets.besides import otherwise, planned
from app.markets.words import (
    AGES,
    CHANNELS,
    CONTRACTS,
    CUSTOMERS,
    DOUBTS,
    GROUNDS,
    MODELS,
    NOT_ASKED,
    PARTIES,
    listed,
)
from domain.markets import plans
from domain.markets.answers import Answer, Ground, Layer
from domain.markets.claims import WEAK
from domain.markets.doubts import doubts, spoken, untold_since
from domain.markets.matrix import MATRIX
from domain.markets.plans import Distribution
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.rows import AnyClaim
from domain.markets.scopes import TESTED

Claims: TypeAlias = Mapping[str, AnyClaim]
KEYS = (
    "allowed",
    "distribution_model",
    "seller_of_record",
    "price_setter",
    "stock_owner",
    "invoicer",
    "allowed_roles",
    "withdrawal",
    "ground",
    "grounds",
    "precautionary",
    "confidence",
    "decided_by",
    "not_asked",
)


def as_data(answer: Answer) -> dict[str, object]:
    """The answer as a program reads it."""
    told: dict[str, object] = {key: getattr(answer, key) for key in KEYS}
    if right := answer.withdrawal:
        told["withdrawal"] = {**asdict(right), "rule": str(right.rule) if right.rule else None}
    return told


def story(question: Question, answer: Answer, markets: Markets) -> Iterator[str]:
    """The answer as a person reads it, a line after the other."""
    public = markets.published(question.published_by) if question.published_by else markets
    yield _asked(question, markets)
    yield ""
    yield _verdict(question, answer)
    if answer.allowed:
        yield f"It is sold {MODELS[answer.distribution_model]}."
        yield _roles(answer)
    else:
        yield from _grounds(question, answer, public)
        if answer.distribution_model != "undetermined" and "maker_policy" not in answer.grounds:
            yield f"By the maker's choice it would be sold {MODELS[answer.distribution_model]}."
    if answer.allowed or answer.allowed_roles:
        yield _withdrawal(answer)
    yield from otherwise(question, answer, public)
    yield from planned(question, public)
    yield from _rows(
        answer, {row.id: row for rows in public.rows.values() for row in _in_force(rows.claims())}
    )
    if answer.not_asked:
        yield ""
        yield f"Not asked: {'; '.join(NOT_ASKED.get(one, one) for one in answer.not_asked)}."


def _asked(question: Question, markets: Markets) -> str:
    place = markets.place(question.market)
    car = " ".join(filter(None, (AGES[question.age], question.brand, question.line)))
    drive = f" ({question.powertrain})" if question.powertrain else ""
    elsewhere = [
        f"{tested} in {question.place(tested)}"
        for tested in TESTED
        if question.place(tested) != question.market
    ]
    public = f", by what was public on {question.published_by}" if question.published_by else ""
    return (
        f"A {car}{drive} in {place.name} ({place.market}) on {question.on}, for {CUSTOMERS[question.customer_type]}, "
        f"{', '.join([CHANNELS[question.channel], *elsewhere])}{public}."
    )


def _verdict(question: Question, answer: Answer) -> str:
    if answer.allowed:
        sellers = listed([PARTIES[one] for one in answer.allowed_roles], "or")
        told = f"{PARTIES[question.seller]} may sell it" if question.seller else f"{sellers} may sell it"
        return f"Yes: {told}."
    who = f"{PARTIES[question.seller]} may not sell it" if question.seller else "nobody may sell it"
    others = (
        f"; {listed([PARTIES[one] for one in answer.allowed_roles], 'or')} may"
        if answer.allowed_roles
        else ""
    )
    if answer.grounds == ("undetermined",):
        return f"Nobody knows: undetermined, so {who}{others}."
    careful = ", as a precaution, because only weak rows forbid it" if answer.precautionary else ""
    return f"No: {who}{careful}{others}."


def _roles(answer: Answer) -> str:
    """Who does what, the same person named once."""
    does: dict[str, list[str]] = {}
    for role, deed in (
        (answer.seller_of_record, "is the seller of record"),
        (answer.price_setter, "sets the price"),
        (answer.stock_owner, "owns the stock"),
        (answer.invoicer, "sends the invoice"),
    ):
        does.setdefault(PARTIES[role], []).append(deed)
    told = "; ".join(f"{who} {listed(deeds)}" for who, deeds in does.items())
    return f"{told[0].upper()}{told[1:]}."


def _grounds(question: Question, answer: Answer, markets: Markets) -> Iterator[str]:
    """Each ground by itself, with the rows behind it."""
    rows = spoken(markets, question)
    open_ = doubts(answer, rows, question.on)
    for ground in answer.grounds:
        if ground == "undetermined":
            for layer in [one for one in answer.layers if one.ground in open_]:
                asked = _open_question(layer.ground, question)
                doubt = open_[layer.ground]
                untold = doubt == "imprecise" and untold_since(layer, rows, question.on)
                why = "no source tells since when" if untold else DOUBTS[doubt]
                yield f"  undetermined: {asked}: {why}{_behind(layer)}."
            if not open_:
                yield "  undetermined: who sells there."
        else:
            layer = answer.layer(ground)
            behind = _behind(layer) if layer.says == "no" else ""
            yield f"  {ground}: {GROUNDS[ground]}{_way(ground, answer)}{behind}."


def _open_question(ground: Ground, question: Question) -> str:
    asked = {
        "law": "whether the law lets it be sold",
        "maker_policy": f"how {question.brand} is sold there",
    }
    return asked.get(ground, GROUNDS[ground])


def _way(ground: Ground, answer: Answer) -> str:
    if ground != "maker_policy":
        return ""
    sellers = MATRIX[answer.distribution_model].sellers
    return f": it is sold {MODELS[answer.distribution_model]}" if sellers else ""


def _behind(layer: Layer) -> str:
    return f" ({', '.join(layer.rows)})" if layer.rows else ""


def _withdrawal(answer: Answer) -> str:
    right = answer.withdrawal
    if right is None:
        return "Whether the buyer may withdraw, no row tells."
    if not right.days and right.confidence in WEAK:
        return f"No source tells of a right to withdraw ({right.row}, {right.confidence})."
    if not right.days:
        return f"The buyer has no right to withdraw ({right.row}, {right.confidence})."
    contracts = listed([CONTRACTS[one] for one in right.contracts], "or")
    longer = f", {right.extension_months} months longer if nobody told him" if right.extension_months else ""
    rule = f"{right.rule}, " if right.rule else ""
    return (
        f"The buyer may withdraw from a contract made {contracts} within {right.days} days of possession{longer} "
        f"({rule}{right.row}, {right.confidence})."
    )


def _rows(answer: Answer, claims: Claims) -> Iterator[str]:
    if not answer.decided_by:
        return
    yield ""
    yield "Decided by" if answer.grounds != ("undetermined",) else "What was found"
    for row in answer.decided_by:
        claim = claims[row]
        yield f"  {row} ({claim.confidence}): {claim.says}" if claim.says else f"  {row} ({claim.confidence})"
        yield f"    source: {claim.source}"


def _in_force(claims: Iterator[AnyClaim]) -> Iterator[AnyClaim]:
    """The claims as they count: a plan has the source and the words of the step that adopts it."""
    for claim in claims:
        yield (plans.adopted(claim) or claim) if isinstance(claim, Distribution) and claim.steps else claim
