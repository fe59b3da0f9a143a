"""Why nothing is determined: what keeps the rows of a layer from saying yes or no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, TypeAlias

from domain.markets.answers import Answer, Layer
from domain.markets.claims import Network
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.scopes import TESTED, Scope, scope_of, sheets_of
from domain.markets.validity import Window
from domain.markets.verdicts import AnyReady

Doubt = Literal["no_row", "contested", "imprecise", "disagree", "overdue", "weak"]
Spoken: TypeAlias = Mapping[str, AnyReady]  # what can speak of a question, by the ids of its rows


def spoken(markets: Markets, question: Question) -> Spoken:
    """Every row that can speak of the brand in one of the places of a question."""
    places = dict.fromkeys((question.market, *(question.place(tested) for tested in TESTED)))
    found = (scope_of(question.brand, sheets_of(place, markets.rows, markets.regions)) for place in places)
    return {row.claim.id: row for scope in found for row in rows_of(scope)}


def rows_of(scope: Scope) -> Iterable[AnyReady]:
    """All rows that can change an answer about who may sell, each once."""
    found: list[AnyReady] = [*scope.networks, *scope.distributions, *scope.policies]
    for laws in (*scope.laws.values(), *scope.beyond.values()):
        found += laws
    return {row.claim.id: row for row in found}.values()


def doubt_of(layer: Layer, rows: Spoken, on: date) -> Doubt:
    """Why a layer leaves it open on a day."""
    found = [rows[one] for one in layer.rows if one in rows]
    if not found:
        return "no_row"
    if any(row.contested for row in found):
        return "contested"
    if any(window_of(row).on(on) == "maybe" for row in found):
        return "imprecise"
    if len({row.value for row in found if not isinstance(row.claim, Network)}) > 1:
        return "disagree"
    return "weak" if any(row.weak for row in found) else "overdue"


def doubts(answer: Answer, rows: Spoken, on: date) -> dict[str, Doubt]:
    """Why each of the layers that leave it open does so, by the name of the layer."""
    return {one.ground: doubt_of(one, rows, on) for one in answer.layers if one.says == "undetermined"}


def untold_since(layer: Layer, rows: Spoken, on: date) -> bool:
    """Whether what leaves a layer open is that no source tells since when its rows hold."""
    found = [rows[one] for one in layer.rows if one in rows and window_of(rows[one]).on(on) == "maybe"]
    begins = [one.claim.validity.begins for one in found if one.claim.validity and on < one.sure_from]
    return bool(found) and len(begins) == len(found) and all(one.by for one in begins)


def window_of(row: AnyReady) -> Window:
    """The days on which a row may hold, and surely does."""
    return Window(row.maybe_from, row.sure_from, row.maybe_to, row.sure_to)
