"""A file of commands: broken in the middle, killed in the middle, asked again, from a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from infra.embedded.processes import wait_until
from tests.acceptance.asked import NO_SPACE
from tests.acceptance.conftest import installed
from tests.acceptance.installation import SECONDS, Installation, inherited

ORDERS = 40
EUROS = {"minor": 50000, "currency": "EUR"}
NAMES = "select name from carnet.events where stream_id = %s order by version"
BY_STREAM = "select count(*), count(distinct stream_id) from carnet.events"


@pytest.fixture
def here(postgres: str, kafka: str, tmp_path: Path) -> Iterator[Installation]:
    with installed(postgres, kafka, tmp_path) as one:
        yield one


def order_id(number: int) -> UUID:
    return UUID(int=0xA_0000 + number)


def sale(number: int) -> list[bytes]:
    """The lines of one order."""
    own = {"order_id": order_id(number)}
    reserve = own | {
        "customer_id": UUID(int=0xC_0000 + number),
        "buyer": f"Customer {number}",
        "brand": "MINI",
        "model": "cooper-e",
        "powertrain": "BEV",
        "market": "DE",
        "channel": "maker_online",
        "deposit": EUROS,
    }
    return [
        line("ReserveOrder", reserve),
        line("RecordPayment", own | {"payment_id": "p-1", "kind": "deposit", "amount": EUROS}),
        line("CancelOrder", own | {"initiator": "customer", "reason": "price", "fault": "customer"}),
    ]


def line(command: str, body: dict[str, Any], **more: object) -> bytes:
    return msgspec.json.encode({"command": command, "body": body, **more}) + b"\n"


def written(here: Installation, lines: Sequence[bytes], name: str = "commands.ndjson") -> str:
    file = here.folder / name
    file.write_bytes(b"".join(lines))
    return str(file)


def answers(out: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The answers that --json printed, and the last line, which sums them up."""
    *lines, summary = [msgspec.json.decode(text) for text in out.splitlines()]
    return lines, summary


def test_a_file_is_asked_whole_and_again_repeats_nothing(here: Installation) -> None:
    file = written(here, [one for number in range(ORDERS) for one in sale(number)])
    first = here.carnet("ask", "--file", file)
    assert first.code == 0, first
    assert first.out.endswith("120 lines: 120 recorded.\n")
    for number in range(ORDERS):
        names = [name for (name,) in here.rows(NAMES, order_id(number))]
        assert names == ["ReservationPlaced", "PaymentReceived", "OrderCancelled", "RefundDue"]
    with here.unchanged():
        again = here.carnet("ask", "--file", file)
    assert again.code == 0, again
    assert again.out.count("Answered before: position ") == 120
    assert again.out.endswith("120 lines: 120 repeated.\n")


def test_a_broken_line_is_named_and_the_others_go_on(here: Installation) -> None:
    lines = [one for number in range(3) for one in sale(number)]
    broken = [*lines[:4], b'{"command": "RecordPaym\n', b"\n", b"x" * 200_000 + b"\n", *lines[4:]]
    said = here.carnet("ask", "--file", written(here, broken))
    assert said.code == 2, said
    assert said.out.count("Recorded at position ") == 9
    fifth, seventh, last = said.err.splitlines()
    assert fifth.startswith("Line 5: JSON is malformed: ")
    assert seventh == "Line 7: It has more than 131,072 bytes. Is a line end missing?"
    assert last.startswith("carnet: 11 lines: 9 recorded, 2 failed. Mend the lines and ask again with --run ")
    assert here.rows(BY_STREAM) == [(12, 3)]


def test_a_mended_file_is_asked_again_under_the_same_run(here: Installation) -> None:
    lines = sale(1)
    file = written(here, [lines[0], b"{\n", lines[2]])
    said = here.carnet("ask", "--file", file, "--json")
    ends, summary = answers(said.out)
    assert [one.get("exit_code") for one in ends] == [None, 2, None]
    assert (summary["recorded"], summary["failed"], said.code) == (2, 1, 2)
    mended = written(here, [lines[0], lines[1], lines[2]])
    again = here.carnet("ask", "--file", mended, "--json", "--run", summary["run"])
    ends, summary = answers(again.out)
    assert again.code == 0, again
    assert [(one["line"], one["repeated"]) for one in ends] == [(1, True), (2, False), (3, True)]
    assert (summary["recorded"], summary["repeated"], summary["failed"]) == (1, 2, 0)


def test_the_exit_code_is_that_of_the_first_line_that_failed(here: Installation) -> None:
    reserve, pay, cancel = sale(1)
    file = written(here, [reserve, cancel, cancel, pay, b"{\n"])
    said = here.carnet("ask", "--file", file, "--json")
    ends, summary = answers(said.out)
    assert said.code == 3, said
    assert ends[2]["error"].startswith("Refused (cancelled)")
    assert (summary["recorded"], summary["failed"]) == (3, 2)


def test_another_command_in_the_place_of_one_that_took_effect_is_told_so(here: Installation) -> None:
    reserve, pay, cancel = sale(1)
    run = ("--run", "launch")
    assert here.carnet("ask", "--file", written(here, [reserve, pay]), *run).code == 0
    with here.unchanged():
        said = here.carnet("ask", "--file", written(here, [reserve, cancel]), *run)
    assert said.code == 2
    assert "Line 2: The command id " in said.err
    assert "was used for another content" in said.err


def test_a_line_keeps_its_own_id(here: Installation) -> None:
    own = UUID(int=99)
    reserve, *_ = sale(1)
    told = msgspec.json.decode(reserve)
    one = line(told["command"], told["body"], command_id=own)
    assert here.carnet("ask", "--file", written(here, [one])).code == 0
    assert here.rows("select command_id from carnet.commands") == [(own,)]
    moved = here.carnet("ask", "--file", written(here, [b"\n", one], "other.ndjson"))
    assert moved.out == "Answered before: position 1\n1 line: 1 repeated.\n"


def test_a_run_that_is_no_text_is_refused(here: Installation) -> None:
    said = here.carnet("ask", "--file", written(here, sale(1)), "--run", "\udcff")
    assert (said.code, said.err) == (2, "carnet: --run is not UTF-8.\n")
    assert here.rows(BY_STREAM) == [(0, 0)]


def test_killed_in_the_middle_it_goes_on_where_it_was(here: Installation) -> None:
    lines = [one for number in range(ORDERS) for one in sale(number)]
    pipe = here.folder / "pipe"
    os.mkfifo(pipe)
    killed = here.start("ask", "--file", str(pipe), "--run", "launch")
    with pipe.open("wb") as writer:  # as long as it is open the file has no end
        writer.write(b"".join(lines[:90]))
        writer.flush()
        assert wait_until(lambda: here.rows(BY_STREAM)[0][0] >= 30, seconds=SECONDS)
        killed.popen.kill()
        killed.popen.wait(SECONDS)
    done = here.rows("select count(*) from carnet.commands")[0][0]
    said = here.carnet("ask", "--file", written(here, lines), "--run", "launch", "--json")
    ends, summary = answers(said.out)
    assert said.code == 0, said
    assert [one["line"] for one in ends] == list(range(1, len(lines) + 1))
    assert (summary["repeated"], summary["recorded"]) == (done, len(lines) - done)
    assert here.rows(BY_STREAM) == [(4 * ORDERS, ORDERS)]
    assert here.rows("select count(*) from carnet.commands") == [(len(lines),)]


def test_who_writes_into_a_pipe_may_wait_for_each_answer(here: Installation) -> None:
    pipe = here.folder / "pipe"
    os.mkfifo(pipe)
    asking = here.start("ask", "--file", str(pipe))
    with pipe.open("wb") as writer:
        for number, one in enumerate(sale(1), start=1):
            writer.write(one)
            writer.flush()
            assert wait_until(
                lambda told=number: asking.log.read_text().count("Recorded") == told,  # type: ignore[misc]
                seconds=SECONDS,
            )
    ended = asking.ended()
    assert ended.code == 0
    assert ended.err.endswith("3 lines: 3 recorded.\n")


def test_where_nobody_reads_the_answers_it_stops_and_says_how_to_go_on(here: Installation) -> None:
    lines = [one for number in range(ORDERS) for one in sale(number)]
    file = written(here, lines)
    command = [sys.executable, "-m", "app", "ask", "--file", file, "--run", "launch"]
    with subprocess.Popen(
        command, env={**inherited(), **here.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asking:
        assert asking.stdout
        assert asking.stderr
        asking.stdout.close()
        said = asking.stderr.read().decode()
        assert asking.wait(SECONDS) == 2
    assert said == (
        "carnet: Nobody reads the answers any more: it stopped at answer 1. "
        "Ask the same again with --run launch: what took effect is not repeated.\n"
    )
    again = here.carnet("ask", "--file", file, "--run", "launch")
    assert again.code == 0, again
    assert here.rows("select count(*) from carnet.commands") == [(len(lines),)]


def test_without_postgresql_it_stops_and_says_how_to_go_on(here: Installation) -> None:
    file = written(here, sale(1))
    said = here.carnet("ask", "--file", file, CARNET_POSTGRES="host=/nowhere user=postgres")
    assert said.code == 6, said
    assert here.rows(BY_STREAM) == [(0, 0)]
    nothing = here.carnet("ask", "--file", written(here, [b"\n"], "empty.ndjson"))
    assert (nothing.code, nothing.out) == (0, "0 lines: nothing to do.\n")


def test_once_postgresql_is_full_it_waits_for_no_further_line_of_a_pipe(here: Installation) -> None:
    here.rows(NO_SPACE)
    here.rows("create trigger disk before insert on carnet.commands execute function public.full()")
    command = [sys.executable, "-m", "app", "ask", "--file", "-", "--run", "launch"]
    with subprocess.Popen(
        command,
        env={**inherited(), **here.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        assert asking.stdin
        assert asking.stderr
        asking.stdin.write(sale(1)[0])
        asking.stdin.flush()
        assert asking.wait(SECONDS) == 6
        said = asking.stderr.read().decode()
    assert said.endswith("Ask the same again with --run launch once PostgreSQL is back.\n")


def test_standard_input_is_read_from_where_another_program_has_stopped(here: Installation) -> None:
    first = sale(1)[0]
    command = [sys.executable, "-m", "app", "ask", "--file", "-", "--run", "launch"]
    with Path(written(here, [b"read by another program\n", first])).open("rb") as stream:
        os.lseek(stream.fileno(), len(b"read by another program\n"), os.SEEK_SET)
        said = subprocess.run(
            command, env={**inherited(), **here.environment}, stdin=stream, capture_output=True, check=False
        )
    assert said.returncode == 0, said
    assert said.stderr.endswith(b"1 line: 1 recorded.\n") or said.stdout.endswith(b"1 line: 1 recorded.\n")
