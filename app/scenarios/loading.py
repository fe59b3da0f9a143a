"""The command that writes a market's rows into the log: the shipped ones, changed as a scenario tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.scenarios.steps import Fields, Loaded
from domain.markets.book import LoadMarket
from domain.markets.rows import MarketRows, Row, with_row, without
from infra.errors import InputError
from infra.markets.tables import KINDS, taken


def load_market(step: Loaded, shipped: Mapping[str, MarketRows]) -> LoadMarket:
    """The market's shipped rows, without some and with others.

    Raises:
        InputError: no file is shipped for the market, or a row is wrong; all that is wrong is told.
    """
    if step.load not in shipped:
        raise InputError(f"No file is shipped for the market {step.load}.")
    rows, wrong = shipped[step.load], []
    known = {row.id for row in (*rows.claims(), *rows.rulings)}
    wrong += [f"there is no row {name} to leave out" for name in step.without if name not in known]
    for name in step.without:
        rows = without(rows, name)
    for table, told in _told(step):
        row, faults = _row(table, told, step.provenance)
        wrong += [f"[[{table}]] {told.get('id', '')}: {says}" for says in faults]
        rows = with_row(rows, row) if row else rows
    if wrong:
        raise InputError("; ".join(wrong) + ".")
    return LoadMarket(rows=rows, author="scenario", reason=step.says)


def _told(step: Loaded) -> Iterator[tuple[str, Fields]]:
    for table in KINDS:
        for told in getattr(step, table):
            yield table, told


def _row(table: str, told: Fields, provenance: Fields) -> tuple[Row | None, list[str]]:
    kind = KINDS[table]
    values, wrong = taken({**provenance, **told} if kind.claims else told, kind.required, kind.optional)
    return (None if wrong else kind.make(values)), [says for _, says in wrong]
