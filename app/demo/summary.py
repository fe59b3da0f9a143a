"""What a season came to: from the read models, from the log, and from Kafka."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from app.demo.digest import digest
from app.output import out, print_table
from app.wiring import Book
from domain.kernel import Recorded
from domain.orders.refusing import CommandRefused
from infra.log import Log
from infra.parked_messages import PARKED_MESSAGES
from infra.postgres import connect
from projections import queries
from projections.queries import Owed, Verdicts

READ_EVENTS = 5_000


class ReadBack(msgspec.Struct, frozen=True):
    """What a process that knows nothing but Kafka found."""

    consumed: int
    duplicates: int
    statuses: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found where."""

    log: list[Recorded]
    published: int
    read_back: ReadBack
    statuses: dict[str, int]
    owed: list[Owed]
    clawbacks: int
    kept: int
    findings: dict[str, dict[str, int]]
    parked: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What `carnet demo --json` prints."""

    orders: int
    events: int
    published: int
    consumed: int
    duplicates: int
    statuses: dict[str, int]
    statuses_from_kafka: dict[str, int]
    commission_total_minor: dict[str, int]
    clawbacks: int
    kept_fault_principal: int
    refused: dict[str, int]
    findings: dict[str, dict[str, int]]
    parked: int
    digest: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every event arrived once, and Kafka tells of the orders what the log tells."""
        counts = {self.events, self.published, self.consumed}
        return len(counts) == 1 and not self.duplicates and self.statuses == self.statuses_from_kafka


def look(book: Book, published: int, read_back: ReadBack) -> Found:
    """Read the log and the read models at the season's end."""
    with connect(book.conninfo, "carnet_reader") as connection:
        return Found(
            log=_whole(book.log),
            published=published,
            read_back=read_back,
            statuses={one.name: one.count for one in queries.orders_by_status(connection)},
            owed=queries.owed(connection),
            clawbacks=queries.clawbacks(connection),
            kept=queries.kept(connection),
            findings=_by_rule(queries.findings(connection)),
            parked=PARKED_MESSAGES.count(connection),
        )


def _by_rule(found: list[Verdicts]) -> dict[str, dict[str, int]]:
    rules: dict[str, dict[str, int]] = {}
    for one in found:
        rules.setdefault(one.rule, {})[one.verdict] = one.findings
    return rules


def summarise(found: Found, seconds: float) -> Summary:
    """The figures of a season."""
    totals: Counter[str] = Counter()
    for one in found.owed:
        totals[one.currency] += one.minor
    refused = Counter(one.event.rule for one in found.log if isinstance(one.event, CommandRefused))
    return Summary(
        orders=sum(found.statuses.values()),
        events=len(found.log),
        published=found.published,
        consumed=found.read_back.consumed,
        duplicates=found.read_back.duplicates,
        statuses=found.statuses,
        statuses_from_kafka=found.read_back.statuses,
        commission_total_minor=dict(sorted(totals.items())),
        clawbacks=found.clawbacks,
        kept_fault_principal=found.kept,
        refused=dict(sorted(refused.items())),
        findings=found.findings,
        parked=found.parked,
        digest=digest(found.log),
        seconds=seconds,
    )


def print_summary(summary: Summary, found: Found, left: str) -> None:
    """The season for a person to read, and what there is of it afterwards."""
    print_table(
        ("status", "orders", "folded from Kafka"),
        [(name, count, summary.statuses_from_kafka.get(name, 0)) for name, count in summary.statuses.items()],
        title="Orders at the season's end",
    )
    print_table(
        ("partner", "owed", "currency"),
        [(one.partner_id, f"{one.minor / 100:,.2f}", one.currency) for one in found.owed],
        title="What each partner is owed",
    )
    print_table(
        ("rule", "verdict", "findings"),
        [
            (rule, verdict, n)
            for rule, verdicts in summary.findings.items()
            for verdict, n in verdicts.items()
        ],
        title="Findings of market law",
    )
    refused = ", ".join(f"{n} under {rule}" for rule, n in summary.refused.items()) or "none"
    out.print(f"Refused by a rule, and recorded: {refused}")
    out.print(
        f"Commission taken back: {summary.clawbacks}; kept, the maker being to blame: {summary.kept_fault_principal}"
    )
    out.print(f"Parked messages: {summary.parked}")
    out.print(
        f"{summary.events:,} events in the log, {summary.published:,} published, {summary.consumed:,} read back "
        f"from Kafka, {summary.duplicates} twice: [bold]{'the same' if summary.holds else 'NOT THE SAME'}[/bold]"
    )
    out.print(f"Digest {summary.digest}", soft_wrap=True)
    out.print(f"It took {summary.seconds:.1f} s. {left}", markup=False, soft_wrap=True)


def _whole(log: Log) -> list[Recorded]:
    found: list[Recorded] = []
    while batch := log.read(len(found), READ_EVENTS):
        found += batch
    return found
