"""What people ask of the read models, one function a question. Each reads the rows as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString, TypeVar
from uuid import UUID

import msgspec
from psycopg.errors import UndefinedTable
from psycopg.rows import class_row

from domain.orders.status import MoneyStatus, OrderStatus, Possibility
from infra.errors import NotFound
from infra.postgres import Connection, faults

R = TypeVar("R")
NONE: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as its customer sees it. `can_do` may hold what is over by the reader's clock."""

    order_id: UUID
    market: str
    brand: str
    model: str
    order_status: OrderStatus
    car_status: str
    money_status: MoneyStatus
    promised_from: date | None
    promised_to: date | None
    estimate_from: date | None
    estimate_to: date | None
    can_do: str

    @property
    def possibilities(self) -> tuple[Possibility, ...]:
        """`can_do`, decoded."""
        return msgspec.json.decode(self.can_do, type=tuple[Possibility, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What stands on a partner's statements: minor units of a currency, all months together."""

    partner_id: UUID
    minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """How often a rule came to a verdict."""

    rule: str
    verdict: str
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding about an order or a vehicle. `evidence` is JSON: event ids, hashes of their bodies, facts."""

    subject: str
    subject_id: UUID
    rule: str
    rule_version: int
    verdict: str
    severity: int
    says: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A commission line. `minor` is in minor units; `inputs` and `event_ids` are JSON."""

    order_id: UUID
    line_type: str
    basis: str
    inputs: str
    minor: int
    currency: str
    state: str
    period: str
    original_period: str
    event_ids: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there are under a name."""

    name: str
    count: int


def order(connection: Connection, order_id: UUID) -> OrderView | None:
    """One order; None if the read model has none of this id."""
    found = _all(
        connection,
        OrderView,
        """select order_id, market, brand, model, order_status, car_status, money_status,
            promised_from, promised_to, estimate_from, estimate_to, can_do
        from read.customer_status where order_id = %(id)s""",
        {"id": order_id},
    )
    return found[0] if found else None


def orders_by_status(connection: Connection) -> list[Count]:
    """How many orders stand at each status, by its name."""
    return _all(
        connection,
        Count,
        """select order_status as name, count(*) from read.customer_status
        group by order_status order by order_status""",
    )


def owed(connection: Connection) -> list[Owed]:
    """What each partner is owed: the lines that stand on a statement, by partner and currency. Confidential."""
    return _all(
        connection,
        Owed,
        """select partner_id, sum(amount_minor)::bigint as minor, amount_currency as currency
        from read.commission_line where period <> ''
        group by partner_id, amount_currency order by partner_id, amount_currency""",
    )


def clawbacks(connection: Connection) -> int:
    """How many lines take commission back."""
    (found,) = _all(
        connection,
        Count,
        "select 'clawback' as name, count(*) from read.commission_line where line_type = 'clawback'",
    )
    return found.count


def kept(connection: Connection) -> int:
    """For how many orders that the maker cancelled by his own fault the agent keeps his commission."""
    (found,) = _all(
        connection,
        Count,
        """select 'kept' as name, count(distinct order_id) from read.commission_line where state = 'kept'""",
    )
    return found.count


def findings(connection: Connection) -> list[Verdicts]:
    """How often each rule came to each verdict."""
    return _all(
        connection,
        Verdicts,
        """select rule, verdict, count(*) as findings from read.compliance_finding
        group by rule, verdict order by rule, verdict""",
    )


def findings_of(connection: Connection, subject_id: UUID | None) -> list[FindingView]:
    """The findings about one order or vehicle, or all that are no PASS and apply, the gravest rules first."""
    return _all(
        connection,
        FindingView,
        """select subject, subject_id, rule, rule_version, verdict, severity, says, evidence
        from read.compliance_finding
        where case when %(id)s::uuid is null then verdict not in ('PASS', 'N/A') else subject_id = %(id)s end
        order by severity, rule, subject_id""",
        {"id": subject_id},
    )


def commission_lines(connection: Connection, partner_id: UUID, period: str | None) -> list[LineView]:
    """The commission lines of a partner, of one month if it is given. Confidential."""
    return _all(
        connection,
        LineView,
        """select order_id, line_type, basis, inputs, amount_minor as minor, amount_currency as currency, state,
            period, original_period, event_ids
        from read.commission_line
        where partner_id = %(partner)s and (%(period)s::text is null or period = %(period)s)
        order by period, order_id, line_type""",
        {"partner": partner_id, "period": period},
    )


def _all(
    connection: Connection, kind: type[R], query: LiteralString, values: Mapping[str, object] = NONE
) -> list[R]:
    """The rows of a query. Raises PostgresFault, and NotFound before the projections have ever run."""
    with faults():
        try:
            with connection.cursor(row_factory=class_row(kind)) as cursor:
                return cursor.execute(query, values).fetchall()
        except UndefinedTable as error:
            raise NotFound("The read models were never built.", hint="Run `carnet project`.") from error
