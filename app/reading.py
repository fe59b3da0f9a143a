"""`carnet findings` and `carnet commissions`: what an audit found, and what a partner is owed and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import msgspec
from cyclopts import Parameter

from app import reaching
from app.output import AsJson, print_json, print_table
from app.wiring import configured
from infra.errors import NotFound
from infra.postgres import Connection, connect
from projections import queries
from projections.queries import LineView

SubjectId = Annotated[UUID | None, Parameter(name="ID", help="An order or a vehicle.")]
PartnerId = Annotated[UUID | None, Parameter(name="PARTNER", help="An agent or a dealer.")]
Period = Annotated[str | None, Parameter(help="One month, such as 2026-04.")]


def findings(subject_id: SubjectId = None, /, *, json: AsJson = False) -> None:
    """Show what the audit found about an order or a vehicle, or without ID all that is neither PASS nor N/A.

    --json adds the evidence: the ids of the events, the hashes of their bodies, and the facts that counted.
    """
    with _connected() as connection:
        found = queries.findings_of(connection, subject_id)
    if subject_id and not found:
        raise NotFound(f"Nothing was audited under {subject_id}.", hint="Check the id, and `carnet status`.")
    if json:
        print_json([{**asdict(one), "evidence": msgspec.Raw(one.evidence.encode())} for one in found])
    else:
        print_table(
            ("about", "rule", "verdict", "severity", "says"),
            [
                (f"{f.subject} {f.subject_id}", f"{f.rule} v{f.rule_version}", f.verdict, f.severity, f.says)
                for f in found
            ],
        )


def commissions(partner_id: PartnerId = None, /, *, period: Period = None, json: AsJson = False) -> None:
    """Show what each partner is owed, or the lines of one PARTNER with formula, inputs and state. Confidential."""
    with _connected() as connection:
        if partner_id is None:
            totals = queries.owed(connection)
            if json:
                print_json([asdict(one) for one in totals])
            else:
                print_table(
                    ("partner", "owed (minor units)", "currency"),
                    [(t.partner_id, t.minor, t.currency) for t in totals],
                )
            return
        lines = queries.commission_lines(connection, partner_id, period)
    if not lines:
        month = f" in {period}" if period else ""
        raise NotFound(
            f"There is no commission line of {partner_id}{month}.", hint="Check the id and the month."
        )
    if json:
        print_json([_with_json(one) for one in lines])
    else:
        print_table(
            ("month", "about", "order", "line", "formula", "minor units", "currency", "state"),
            [
                (x.period, x.original_period, x.order_id, x.line_type, x.basis, x.minor, x.currency, x.state)
                for x in lines
            ],
        )


def _with_json(line: LineView) -> dict[str, object]:
    parsed = {"inputs": msgspec.Raw(line.inputs.encode()), "event_ids": msgspec.Raw(line.event_ids.encode())}
    return {**asdict(line), **parsed}


def _connected() -> Connection:
    settings = configured()
    return connect(reaching.postgres(settings, settings.database), "carnet_reader")
