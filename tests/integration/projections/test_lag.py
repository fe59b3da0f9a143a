from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from infra.clock import SystemClock
from infra.log import Log
from infra.postgres import connect
from projections.lag import Lag, lag
from tests.integration.projections.scene import catch_up
from tests.integration.projections.tally import ENDED, MORE, TALLY, grow


def test_lag_counts_events_and_seconds(database: str, log: Log) -> None:
    with connect(database, "carnet_reader") as connection:
        now = SystemClock().now()
        assert lag(connection, [TALLY], now) == [Lag("tally", 0, 0, 0.0)]

        grow(log, [uuid4()], [MORE, MORE])
        catch_up(database, log, TALLY)
        grow(log, [uuid4()], [MORE, MORE, MORE])
        (waiting,) = (
            connection.execute("select recorded_at from carnet.events where position = 3").fetchone() or ()
        )
        (first,) = (
            connection.execute("select recorded_at from carnet.events where position = 1").fetchone() or ()
        )

        tally, ended = lag(connection, [TALLY, ENDED], waiting + timedelta(seconds=90))
        assert tally == Lag("tally", 2, 5, 90.0)
        assert (tally.events, ended.events) == (3, 5)
        assert ended.seconds == (waiting + timedelta(seconds=90) - first).total_seconds()


def test_a_projection_that_caught_up_waits_for_nothing(database: str, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    with connect(database, "carnet_reader") as connection:
        assert lag(connection, [TALLY], SystemClock().now() + timedelta(days=1)) == [Lag("tally", 1, 1, 0.0)]


def test_it_is_the_slowest_slot_that_counts(database: str, log: Log) -> None:
    grow(log, [uuid4()], [MORE, MORE])
    catch_up(database, log, TALLY, slots=range(63))
    with connect(database, "carnet_reader") as connection:
        (behind,) = lag(connection, [TALLY], SystemClock().now())
        assert (behind.position, behind.events) == (0, 2)
        catch_up(database, log, TALLY, slots=[63])
        (behind,) = lag(connection, [TALLY], SystemClock().now())
        assert (behind.position, behind.events) == (2, 0)
