"""Builds as operations people work on them: each verb, what it says, and with which code it ends."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

import projections
from app.comparing import SHOWN_CHARACTERS
from domain.kernel import Recorded
from infra.embedded.processes import wait_until
from projections.customer_status import CUSTOMER_STATUS
from projections.kernel import Change, Rows
from tests.acceptance.asked import ORDER, PAY, tells
from tests.acceptance.installation import SECONDS, Installation


def test_a_build_is_compared_and_goes_live_and_back(own_book: Installation) -> None:
    carnet = own_book.carnet
    assert carnet("project", "--once").code == 0
    tells(carnet("project", "switch", "deadlines"), 5, "No build of deadlines is ready", "--no-switch")
    tells(carnet("project", "rollback", "deadlines"), 5, "No build of deadlines is kept")
    said = carnet("project", "rebuild", "customer_status", "--no-switch")
    assert (said.code, said.out) == (
        0,
        "Build 2 of customer_status is ready: `diff` compares it, `switch` lets it go live.\n",
    )
    assert said.err.splitlines()[0] == "Rebuilding: 0 of 1 events"

    alike = carnet("project", "diff", "customer_status", "--json").json
    assert (alike["alike"], alike["old"], alike["new"], alike["position"]) == (True, 1, 2, 1)
    assert [(one["table"], one["same"]) for one in alike["tables"]] == [("customer_status", 1)]

    own_book.rows("update read_customer_status_2.customer_status set market = 'AT', version = 7")
    said = carnet("project", "diff", "customer_status")
    assert said.code == 1
    assert f"customer_status order_id {ORDER}: differs\n  version: 1 -> 7\n  market: DE -> AT\n" in said.out
    assert carnet("project", "diff", "customer_status", "--limit", "0", "--json").code == 1
    tells(carnet("project", "diff", "customer_status", "--limit", "-1"), 2, "--limit is -1")

    said = carnet("project", "switch", "customer_status")
    assert said.out.startswith(
        "customer_status: readers see build 2, whole up to position 1. Build 1 is kept"
    )
    assert own_book.rows("select market from read.customer_status") == [("AT",)]
    assert carnet(*PAY, "500 EUR").code == 0
    said = carnet("project", "rollback", "customer_status")
    assert said.out.endswith(
        "Readers go back to that: the log ends at position 2. "
        "`carnet project customer_status` brings the build there.\n"
    )
    assert said.err == ""
    assert own_book.rows("select market from read.customer_status") == [("DE",)]
    states = [
        (one["build"], one["state"]) for one in carnet("project", "builds", "customer_status", "--json").json
    ]
    assert states == [(1, "live"), (2, "kept")]
    tells(carnet("project", "discard", "customer_status", "1"), 2, "Build 1 of customer_status is live")
    assert carnet("project", "discard", "customer_status", "2").code == 0
    tells(carnet("project", "discard", "customer_status", "2"), 5, "There is no build 2 of customer_status")


def test_the_list_of_builds_fits_a_terminal_of_a_hundred_columns(own_book: Installation) -> None:
    assert own_book.carnet("project", "--once").code == 0
    own_book.rows("update read.checkpoints set position = 12345678")
    lines = own_book.carnet("project", "builds", COLUMNS="100").out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    whole = [line for line in lines if " dealer_commissions " in line and " 12345678 " in line]
    assert len(whole) == 1


def test_a_long_value_is_shown_where_it_parts(own_book: Installation) -> None:
    assert own_book.carnet("project", "--once").code == 0
    assert own_book.carnet("project", "rebuild", "customer_status", "--no-switch").code == 0
    own_book.rows("update read_customer_status_2.customer_status set state = replace(state, 'MINI', 'BMW')")
    said = own_book.carnet("project", "diff", "customer_status", COLUMNS="300")
    (line,) = [line for line in said.out.splitlines() if line.startswith("  state: ")]
    old, new = line.removeprefix("  state: ").split(" -> ")
    assert "MINI" in old
    assert "BMW" in new
    assert max(len(old), len(new)) <= SHOWN_CHARACTERS + 2


def test_a_read_model_as_of_a_position_or_a_time(own_book: Installation) -> None:
    said = own_book.carnet("project", "as-of", "1", "deadlines", "--json")
    assert said.json == [{"projection": "deadlines", "build": 1, "schema": "read_deadlines_1"}]
    assert own_book.rows("select count(*) from read_deadlines_1.due") == [(1,)]
    tells(
        own_book.carnet("project", "as-of", "2", "deadlines"), 2, "Position 2 does not exist yet", "ends at 1"
    )
    tells(own_book.carnet("project", "as-of", "2199-01-01T00:00:00Z"), 2, "has not come yet")
    tells(own_book.carnet("project", "as-of", "soon"), 2, "POSITION is neither a position nor a time")
    tells(own_book.carnet("project", "as-of", "1", "nothing"), 2, "There is no projection nothing")
    said = own_book.carnet("project", "as-of", "2020-01-01T00:00:00Z", "deadlines")
    assert "deadlines as of position 0: schema read_deadlines_2" in said.out
    assert "The scratch build read_deadlines_1, as of position 1, is dropped." in said.err


def test_a_reader_in_a_long_transaction_holds_up_the_switch_and_is_told_of(own_book: Installation) -> None:
    assert own_book.carnet("project", "--once").code == 0
    with psycopg.connect(own_book.book) as reading:
        reading.execute("select from read.due")
        process = own_book.start("project", "rebuild", "deadlines")
        waits = "select count(*) from pg_locks where not granted"
        assert wait_until(lambda: own_book.rows(waits) != [(0,)], seconds=SECONDS)
        assert process.ended().code == 4
    assert "Somebody has been reading or writing the rows of deadlines" in process.log.read_text()
    assert own_book.carnet("project", "rebuild", "deadlines").code == 0


def test_a_rollback_tells_what_it_means_for_timers(own_book: Installation) -> None:
    assert own_book.carnet("project", "rebuild", "deadlines").code == 0
    assert own_book.carnet("project", "rebuild", "deadlines").code == 0
    assert own_book.carnet(*PAY, "500 EUR").code == 0
    said = own_book.carnet("project", "rollback", "deadlines")
    assert said.out.endswith(
        "`carnet project deadlines` brings the build there. Timers wait until it is there.\n"
    )


@pytest.mark.parametrize(("version", "age"), [(1, "newer"), (3, "older")])
def test_a_rollback_to_another_version_says_who_goes_on_with_it(
    own_book: Installation, monkeypatch: pytest.MonkeyPatch, version: int, age: str
) -> None:
    for written in (version, 2):
        monkeypatch.setattr(projections, "ALL", (replace(CUSTOMER_STATUS, version=written),))
        assert own_book.carnet("project", "rebuild").code == 0
    assert own_book.carnet(*PAY, "500 EUR").code == 0
    ways = (
        f"The rows of projection customer_status are of v{version}; this version of Carnet is {age} and writes v2. "
        f"Run a version of Carnet that writes v{version}, or `carnet project rebuild customer_status` to go on with "
        "v2."
    )
    said = own_book.carnet("project", "rollback", "customer_status")
    assert said.code == 0
    assert said.out.endswith("Readers go back to that: the log ends at position 2.\n")
    assert said.err == f"{ways}\n"
    tells(own_book.carnet("project", "--once"), 8, ways)


def test_without_names_all_that_are_ready_go_live_and_the_others_stay(own_book: Installation) -> None:
    carnet = own_book.carnet
    assert carnet("project", "--once").code == 0
    tells(
        carnet("project", "switch"), 5, "No build is ready to go live", "carnet project rebuild --no-switch"
    )
    assert carnet("project", "rebuild", "customer_status", "deadlines", "--no-switch").code == 0
    tells(carnet("project", "switch", "customer_status", "dealer_commissions"), 5, "No build of dealer_comm")
    said = carnet("project", "switch")
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["customer_status", "deadlines"]
    live = own_book.rows("select projection, build from read.builds where state = 'live' order by projection")
    assert live == [
        ("customer_status", 2),
        ("deadlines", 2),
        ("dealer_commissions", 1),
        ("market_compliance", 1),
    ]


def test_a_build_is_made_as_far_as_the_live_one_and_goes_live_at_the_end_of_the_log(
    own_book: Installation,
) -> None:
    carnet = own_book.carnet
    assert carnet("project", "--once").code == 0
    assert carnet(*PAY, "500 EUR").code == 0
    said = carnet("project", "rebuild", "customer_status", "--no-switch")
    assert said.err.splitlines()[0] == "Rebuilding: 0 of 1 events"
    assert carnet("project", "diff", "customer_status", "--json").json["position"] == 1
    said = carnet("project", "switch", "customer_status")
    assert "readers see build 2, whole up to position 2" in said.out
    assert own_book.rows("select version from read.customer_status") == [(2,)]


def fail(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    raise KeyError(recorded.name)


def test_a_build_that_lacks_events_waits_until_somebody_lets_readers_see_it(
    own_book: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    carnet = own_book.carnet
    assert carnet("project", "--once").code == 0
    sick = replace(CUSTOMER_STATUS, project=fail)
    monkeypatch.setattr(projections, "ALL", (sick,))
    said = carnet("project", "rebuild", "customer_status")
    tells(said, 8, "Build 2 of customer_status lacks 1 of the events", "build 1, which is live, lacks none")
    assert own_book.rows("select count(*) from read.customer_status") == [(1,)]
    states = [(one["build"], one["state"]) for one in carnet("project", "builds", "--json").json]
    assert states == [(1, "live"), (2, "ready")]

    tells(carnet("project", "switch", "customer_status"), 8, "lacks 1 of the events", "--lacking")
    assert carnet("project", "switch", "customer_status", "--lacking").out.startswith(
        "customer_status: readers see build 2, up to position 1 without 1 of the events (`carnet parked list`). "
    )
