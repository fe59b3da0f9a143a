"""An order book on which a scenario is played: a clock that is set, policies and timers that run when asked to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid5

from psycopg import sql
from psycopg.rows import dict_row

import projections
from app.scenarios.ground import Ground
from app.scenarios.naming import Names, whole
from app.scenarios.steps import Fields
from app.wiring import Book, opened
from consumers.following import At
from consumers.policies import ALL as POLICIES
from consumers.timers import THREADS, TimerRunner, due
from consumers.workshop import Workshop
from domain.kernel import Command, Event, Recorded, fold
from domain.markets.book import book_id
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows
from domain.money import Money
from domain.partners.facts import SellerFacts
from domain.partners.state import partner_stream
from infra.ask import Answer, Ask
from infra.clock import SimulatedClock
from infra.errors import CarnetError, InputError
from infra.markets import load_markets
from infra.markets.loaded import LoadedMarkets
from infra.parked_messages import PARKED_MESSAGES
from infra.postgres import connect, faults
from projections.columns import shape
from projections.following import catch_up

BATCH = 1000
TABLES = {row.table: row for projection in projections.ALL for row in projection.rows}


class Stage:
    """One fresh order book, and the names of one scenario."""

    def __init__(self, book: Book, names: Names) -> None:
        assert isinstance(book.clock, SimulatedClock)
        self.names = names
        self._marks: dict[str, int] = {}
        self._book = book
        self._clock = book.clock
        self._followed = 0
        self._shipped = load_markets()
        self._loaded = LoadedMarkets(book.log, self._shipped)

    @property
    def shipped(self) -> Mapping[str, MarketRows]:
        """The rows of the shipped market files, by their codes."""
        return self._shipped.rows

    @property
    def markets(self) -> Markets:
        """The rows by which this order book decides now."""
        self._loaded.refresh()
        return self._loaded.now()

    def markets_at(self, mark: str) -> Markets:
        """The rows as they were known at a mark. Raises InputError."""
        return self._loaded.at(self.marked(mark))

    def facts(self, partner: str) -> SellerFacts:
        """What is known of a partner."""
        stream = partner_stream(self.names.id(partner))
        history = self._book.log.history(stream.id)
        return fold(stream.state(), (recorded.event for recorded in history)).facts

    def mark(self, name: str) -> int:
        """Give the position at which the log stands a name."""
        self._marks[name] = self._book.log.head().position
        return self._marks[name]

    def marked(self, name: str) -> int:
        """The position of this name. Raises InputError."""
        if name not in self._marks:
            raise InputError(f"No step before this one has the mark {name!r}.")
        return self._marks[name]

    def set_clock(self, moment: datetime) -> None:
        self._clock.set(moment)

    def ask(self, command: Command, *, by: str, happened: datetime | None = None) -> Answer:
        """Ask a command, then what the policies make of it. Raises what the desk raises."""
        actor = str(self.names.id(by)) if by else "scenario"
        answer = self._book.desk.handle(Ask(command=command, actor=actor, occurred_at=happened))
        self._follow()
        return answer

    def events(self, stream: str) -> list[Event]:
        """The events of an order or a car, by its name; of a partner, by his; or of a market, by its code."""
        own = self.names.id(stream)
        found = self._book.log.histories([own, partner_stream(own).id, book_id(stream)])
        return [recorded.event for history in found.values() for recorded in history]

    def rows(self, table: str, where: Mapping[str, object]) -> list[Fields]:
        """The rows of a read model that have these values, after every event. Raises InputError."""
        if table not in TABLES:
            raise InputError(f"There is no table {table}.", hint=f"There are {', '.join(sorted(TABLES))}.")
        self._project()
        columns = {column.name: column.type for column in shape(TABLES[table]).columns}
        wanted = {whole(key, columns): value for key, value in where.items()}
        if unknown := sorted(wanted.keys() - columns):
            raise InputError(f"{table} has no column {unknown[0]}.", hint=f"There are {', '.join(columns)}.")
        keys = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in wanted]
        values = [self.names.id(str(v)) if columns[name] == "uuid" else v for name, v in wanted.items()]
        query = sql.SQL("select * from {} where {}").format(
            sql.Identifier("read", table), sql.SQL(" and ").join([sql.SQL("true"), *keys])
        )
        with connect(self._book.conninfo, "carnet_reader") as connection, faults():
            found = connection.cursor(row_factory=dict_row).execute(query, values).fetchall()
        return [self._row(row) for row in found]

    def _row(self, row: Mapping[str, object]) -> Fields:
        """The columns of a row as a scenario writes them, its amounts also as one."""
        told = {name: self.names.plain(value) for name, value in row.items()}
        for name, value in row.items():
            if name.endswith("_minor") and isinstance(value, int):
                amount = name.removesuffix("_minor")
                told[amount] = self.names.plain(Money(value, str(row[f"{amount}_currency"])))
        return told

    def fire(self) -> list[str]:
        """Fire the timers that are due; the commands that they ask, in their order.

        Raises:
            CarnetError: one was refused.
        """
        book, fired = self._book, []
        with (
            Workshop.opened(
                conninfo=book.conninfo, desk=book.desk, log=book.log, vault=book.vault, clock=book.clock
            ) as shop,
            ThreadPoolExecutor(THREADS) as threads,
            connect(book.conninfo, "carnet_reader") as connection,
        ):
            self._project()
            while timers := due(connection, book.clock.now(), limit=BATCH):
                fired += [timer.kind for timer in timers]
                TimerRunner(shop).fire_due(threads)
                self._follow()
                self._project()
            if stuck := PARKED_MESSAGES.count(connection):
                raise CarnetError(f"{stuck} of the timers {', '.join(fired)} were refused.")
        return fired

    def _project(self) -> None:
        catch_up(self._book.conninfo, self._book.log, projections.ALL, self._clock)

    def _follow(self) -> None:
        """Whenever this, then that: until nothing new asks for anything."""
        while batch := self._book.log.read(self._followed, BATCH):
            for recorded in batch:
                self._followed = recorded.position
                self._obey(recorded)

    def _obey(self, recorded: Recorded) -> None:
        log, desk = self._book.log, self._book.desk
        for policy in POLICIES:
            if type(recorded.event) not in policy.events or policy.order(recorded) is None:
                continue
            if want := policy.want(recorded, At(log, recorded.position)):
                desk.handle(
                    Ask(
                        command=want.command,
                        command_id=uuid5(recorded.event_id, policy.name),
                        actor=want.actor,
                        occurred_at=want.occurred_at,
                        correlation_id=want.correlation_id,
                        causation_id=want.causation_id,
                    )
                )


@contextmanager
def stage(ground: Ground, scenario: str) -> Iterator[Stage]:
    """A stage for the scenario of this name, on a fresh order book."""
    with ground.fresh() as settings, opened(settings) as book:
        yield Stage(book, Names(scenario))
