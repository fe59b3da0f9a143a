"""`carnet market rehearse`: what a switch of distribution model would do to the orders of the log. It only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from cyclopts import Parameter

from app import reaching
from app.output import AsJson, out, print_json, print_table
from app.wiring import configured
from domain.kernel import Recorded, fold
from domain.markets.plans import DistributionModel
from domain.orders.status import OrderStatus
from domain.rehearsals.costing import Costed, plans_named
from domain.rehearsals.judging import Judgement, Outcome
from domain.rehearsals.rehearsing import Rehearsal, Rehearsing
from domain.settlements.state import Plan, PlanTerms
from infra.errors import InputError
from infra.log_reader import LogReader
from infra.markets import load_markets
from infra.markets.loaded import LoadedMarkets
from infra.markets.switching import Fragment, read_switch

BATCH: Final = 200  # histories in memory at a time
# Of one order, and of any other number.
HEADS: Final[dict[Outcome, tuple[str, str]]] = {
    "runs_off": (
        "runs off under the model that it was sold by",
        "run off under the model that they were sold by",
    ),
    "needs_consent": (
        "runs off too, unless all who are named agree",
        "run off too, unless all who are named agree",
    ),
    "refused": ("would be refused by the new rows", "would be refused by the new rows"),
    "goes_on": ("goes on as it is", "go on as they are"),
}

SwitchFile = Annotated[
    Path, Parameter(name="--switch", help="Rows of a market file; a plan ends with the switch.")
]
Since = Annotated[
    int,
    Parameter(
        name="--from",
        help="Orders of which nothing was recorded from this position on are left out. Positions count from 1.",
    ),
]


def rehearse(*, switch: SwitchFile, since: Since = 1, json: AsJson = False) -> None:
    """Show what a switch of distribution model would do to the orders of the log, before anybody signs it.

    Which orders run off under the model they were sold by, which could be novated and whose consent that takes, which
    the new rows would refuse, and which commission lines are kept or lost. Nothing is written. Confidential.
    """
    if since < 1:
        raise InputError("--from is no position.", hint="Positions count from 1.")
    settings = configured()
    with LogReader(reaching.postgres(settings, settings.database)) as log:
        fragment = read_switch(switch, LoadedMarkets(log, load_markets()).now())
        until = log.head().position
        rehearsal = rehearsed(log, fragment, since=since, until=until)
    if json:
        print_json({"from_position": since, "to_position": until, **as_data(rehearsal)})
    else:
        _print(rehearsal, since, until)


def rehearsed(log: LogReader, fragment: Fragment, *, since: int, until: int) -> Rehearsal:
    """The rehearsal over the orders of which anything was recorded from a position on, by all that is known of them
    at another."""
    rehearsing = Rehearsing(fragment.switches, fragment.markets)
    market = fragment.switches[0].market
    places = [code for code in fragment.markets.rows if code == market or code.startswith(f"{market}-")]
    orders = log.orders(places, since)
    plans: dict[tuple[UUID, int], PlanTerms] = {}
    for first in range(0, len(orders), BATCH):
        found = log.histories(orders[first : first + BATCH])
        histories = [_known(found[order_id], until) for order_id in orders[first : first + BATCH]]
        _learn(log, plans, histories, until)
        for history in histories:
            if history:
                rehearsing.take(history, plans)
    return rehearsing.done()


def _known(history: Sequence[Recorded], until: int) -> list[Recorded]:
    return [one for one in history if one.position <= until]


def _learn(
    log: LogReader,
    plans: dict[tuple[UUID, int], PlanTerms],
    histories: Sequence[Sequence[Recorded]],
    until: int,
) -> None:
    """Read the plans that these orders name, as far as they are not known yet."""
    named = {plan_id for history in histories for plan_id in plans_named(history)}
    missing = named - {plan_id for plan_id, _ in plans}
    for plan_id, history in log.histories(missing).items():
        plan = fold(Plan(), (one.event for one in _known(history, until)))
        for terms in plan.versions:
            plans[plan_id, terms.version] = terms


def as_data(rehearsal: Rehearsal) -> dict[str, object]:
    """The rehearsal as a program reads it."""
    counts = {str(outcome): count for outcome, count in rehearsal.counts.items()}
    return {
        "market": rehearsal.market,
        "effective_on": rehearsal.effective_on,
        "switches": rehearsal.switches,
        "counts": {**counts, "others": rehearsal.others},
        "orders": [_order(one) for one in rehearsal.orders],
        "partners": [asdict(one) for one in rehearsal.partners],
    }


def _order(costed: Costed) -> dict[str, object]:
    told = asdict(costed.judgement)
    told["consents"] = [{"by": by, "id": who} for by, who in costed.judgement.consents]
    return {**told, "lines": [asdict(line) for line in costed.lines], "plans_missing": costed.plans_missing}


def _print(rehearsal: Rehearsal, since: int, until: int) -> None:
    switches = " and ".join(rehearsal.switches)
    out.print(f"{switches} in {rehearsal.market}, effective {rehearsal.effective_on}.", markup=False)
    out.print(f"The log from position {since} to {until}; nothing was written.")
    for outcome, count in rehearsal.counts.items():
        out.print(f"\n[bold]{count:,} {HEADS[outcome][count != 1]}[/bold]")
        if outcome != "goes_on":
            for one in rehearsal.orders:
                if one.judgement.outcome == outcome:
                    out.print("\n".join(_told(one.judgement)), markup=False)
    others = "is not concerned, or was over by then", "are not concerned, or were over by then"
    out.print(f"{rehearsal.others:,} {others[rehearsal.others != 1]}\n")
    refused = _refused(rehearsal)
    print_table(
        ("partner", "currency", "orders", "kept", "lost if all agree", "lost with refused orders"),
        [
            (
                one.partner_id,
                one.currency,
                one.orders,
                one.kept_minor,
                one.lost_minor - refused[one.partner_id, one.currency],
                refused[one.partner_id, one.currency],
            )
            for one in rehearsal.partners
        ],
        title="Commission lines, in minor units",
    )
    if missing := sum(one.plans_missing for one in rehearsal.orders):
        out.print(f"Orders that name a plan which was never published: {missing}. Its lines are not counted.")


def _refused(rehearsal: Rehearsal) -> Counter[tuple[UUID, str]]:
    """What each partner would not get because the order would be refused, in minor units of a currency."""
    sums: Counter[tuple[UUID, str]] = Counter()
    for one in rehearsal.orders:
        if one.judgement.outcome == "refused":
            for line in one.lines:
                sums[line.partner_id, line.currency] += line.lost_minor
    return sums


def _told(judged: Judgement) -> Iterator[str]:
    """An order in lines, whose ids stand whole: they are there to be copied."""
    rows = ", ".join(judged.decided_by)
    before = f"{_words(judged.from_model)} to " if judged.from_model else ""
    yield f"  {judged.order_id} {_state(judged)}, {before}{_words(judged.to_model)} ({rows})"
    yield f"    {judged.says}"
    for by, who in judged.consents:
        yield f"    {by} {who}"


def _state(judged: Judgement) -> str:
    """How far it was on the day of the switch, or that its contract was signed after."""
    if judged.outcome == "refused" and judged.from_model:
        return "contract signed on that day or later"
    return _words(judged.status)


def _words(term: DistributionModel | OrderStatus) -> str:
    return term.replace("_", " ")
