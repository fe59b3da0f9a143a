"""`carnet project` by several processes, and what a person does about events that wait in a projection."""

from __future__ import annotations

import os
import re
import signal
from uuid import uuid4

from infra.embedded.processes import wait_until
from tests.acceptance.asked import ORDER, PAY, tells
from tests.acceptance.installation import Installation

SECONDS = 60
# What the engine writes when `customer_status` fails on an event; the shipped one fails on none.
PARK = """insert into read.parked_events
    (id, projection, build, slot, key, position, name, reason, parked_at)
select %s, 'customer_status', 1, get_byte(uuid_send(stream_id), 15) & 63, stream_id, position, name, %s, now()
from carnet.events where position = %s"""


def writers(book: Installation) -> set[int]:
    """The processes that write read models."""
    names = book.rows(
        """select application_name from pg_stat_activity
        where application_name like 'carnet project,%%' and datname = current_database()"""
    )
    return {int(found[1]) for (name,) in names if (found := re.search("process ([0-9]+)", name))}


def caught_up(book: Installation) -> bool:
    """Whether the read models stand where the log ends."""
    return book.rows(
        """select min(c.position) = max(h.position) from carnet.head h, read.checkpoints c
        join read.builds using (projection, build) where state = 'live'"""
    ) == [(True,)]


def test_workers_share_the_slots_and_one_that_dies_is_started_again(own_book: Installation) -> None:
    crew = own_book.start("project", "--workers", "2")
    assert wait_until(lambda: len(writers(own_book)) == 2 and caught_up(own_book), seconds=SECONDS)
    killed = min(writers(own_book))
    os.kill(killed, signal.SIGKILL)
    assert own_book.carnet(*PAY, "100 EUR").code == 0
    assert wait_until(lambda: len(writers(own_book) - {killed}) == 2 and caught_up(own_book), seconds=SECONDS)
    tells(own_book.carnet("project", "--once"), 9, "slot", "runs already: carnet project, process", "backend")
    assert crew.stop().code == 0
    assert writers(own_book) == set()
    shown = own_book.carnet("project", "digest", "--json").json
    assert own_book.carnet("project", "rebuild", "--workers", "3").code == 0
    assert own_book.carnet("project", "digest", "--json").json == shown


def test_workers_that_cannot_be(book: Installation) -> None:
    for number in ("0", "65", "-1"):
        tells(book.carnet("project", "--once", f"--workers={number}"), 2, f"--workers is {number}", "1 to 64")


def test_workers_end_at_a_table_that_was_dropped(own_book: Installation) -> None:
    assert own_book.carnet("project", "--once", "--workers", "2").code == 0
    own_book.rows("drop table read_deadlines_1.due cascade")
    tells(own_book.carnet("project", "--workers", "2"), 8, "deadlines", "is gone", "carnet project rebuild")


def test_a_person_decides_about_events_that_wait(own_book: Installation) -> None:
    assert own_book.carnet(*PAY, "100 EUR").code == 0
    assert own_book.carnet("project", "--once").code == 0
    first, second = str(uuid4()), str(uuid4())
    own_book.rows(PARK, first, "KeyError: 'a plan'.", 1)
    own_book.rows(PARK, second, "It waits behind an earlier event of the same key.", 2)
    assert own_book.carnet("status", "--json").json["parked_events"] == 2

    waiting = own_book.carnet("parked", "list", "--json").json
    assert [(one["id"], one["where"], one["key"]) for one in waiting] == [
        (first, "projection customer_status, build 1, position 1", ORDER),
        (second, "projection customer_status, build 1, position 2", ORDER),
    ]
    tells(own_book.carnet("parked", "drop", first, "--why", " "), 2, "not dropped without a reason", "--why")
    assert own_book.carnet("parked", "retry", first).code == 0
    assert own_book.carnet("project", "--once").code == 0
    assert own_book.carnet("parked", "list", "--json").json == []
    tells(own_book.carnet("parked", "retry", second), 2, "no longer waits: it is done")

    third = str(uuid4())
    own_book.rows("delete from read.parked_events")
    own_book.rows(PARK, third, "KeyError: 'a plan'.", 1)
    assert own_book.carnet("parked", "drop", third, "--why", "the shop knows").code == 0
    assert own_book.rows("select state, why from read.parked_events") == [("dropped", "the shop knows")]
    assert own_book.carnet("parked", "show", third, "--purpose", "why?", "--json").json["state"] == "dropped"
