"""The checks of a soak find what they are there to find: each is shown a log or a journal that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from domain.allocations.allocating import VehicleAllocated, VehicleReleased
from domain.kernel import Recorded
from tests import examples as e
from tests.acceptance.soak.answers import Effect, Story, stories, wrong_answers, wrong_tracking
from tests.acceptance.soak.checking import wrong_cars, wrong_reading
from tests.acceptance.soak.journal import (
    Acknowledged,
    Asks,
    Ended,
    Failed,
    Journal,
    Refused,
    Seen,
    Unknown,
)
from tests.acceptance.soak.reader import fingerprint
from tests.unit.projections.playing import recorded

COMMAND = e.ident(900)
PAID = recorded(e.deposit_paid, 1, stream=e.ORDER_ID)._replace(command_id=COMMAND, actor="asker-0-0")
EFFECT = Effect(position=1, events=1, refused=False)
ACKNOWLEDGED = Acknowledged(COMMAND, 1, 1, ("PaymentReceived",), repeated=False)
NOT_NOW = Failed(COMMAND, 1, "PostgresFault")
NO = Refused(COMMAND, 1, "ended", recorded=False)
BY_RULE = Refused(COMMAND, 1, "not_permitted", recorded=True)


def told(folder: Path, *ended: Ended, source: str = "") -> dict[UUID, Story]:
    """The stories of one command that was asked once, and of which this was learnt."""
    asks = Asks(COMMAND, 1, "RecordPayment", msgspec.Raw(b"{}"), source, 1 if source else 0)
    Journal(folder / "asker-0-0.asked").write(asks, *ended)
    return stories(folder)


def found(
    folder: Path, *ended: Ended, log: Sequence[Recorded] = (), effect: Effect | None = None
) -> list[str]:
    return list(wrong_answers(told(folder, *ended), {COMMAND: effect} if effect else {}, log))


def test_what_was_acknowledged_must_be_there(tmp_path: Path) -> None:
    assert "acknowledged" in found(tmp_path, ACKNOWLEDGED)[0]


def test_it_must_be_there_as_it_was_told(tmp_path: Path) -> None:
    other = Acknowledged(COMMAND, 1, 7, ("PaymentReceived",), repeated=False)
    assert "acknowledged as" in found(tmp_path, other, log=[PAID], effect=EFFECT)[0]


def test_it_must_be_there_once(tmp_path: Path) -> None:
    twice = [PAID, PAID._replace(position=2, version=2)]
    assert any("[1, 2]" in one for one in found(tmp_path, ACKNOWLEDGED, log=twice, effect=EFFECT))


@pytest.mark.parametrize("ended", [NOT_NOW, NO])
def test_what_came_to_nothing_must_not_be_there(ended: Ended, tmp_path: Path) -> None:
    assert "never took effect" in found(tmp_path, ended, log=[PAID], effect=EFFECT)[0]


def test_a_refusal_by_a_rule_must_be_recorded(tmp_path: Path) -> None:
    assert "refused by a rule" in found(tmp_path, BY_RULE)[0]


def test_what_is_not_known_may_be_there_or_not(tmp_path: Path) -> None:
    assert found(tmp_path, Unknown(COMMAND, 1), log=[PAID], effect=EFFECT) == []
    (tmp_path / "asker-0-0.asked").unlink()
    assert found(tmp_path, log=[PAID], effect=EFFECT) == []
    (tmp_path / "asker-0-0.asked").unlink()
    assert found(tmp_path) == []


def test_a_line_that_a_kill_cut_short_is_passed_over(tmp_path: Path) -> None:
    journal = tmp_path / "asker-0-0.asked"
    told(tmp_path, ACKNOWLEDGED)
    with journal.open("ab") as file:
        file.write(b'{"type":"asks","comm')
    Journal(journal).write(Unknown(COMMAND, 2))
    assert stories(tmp_path)[COMMAND].ended == [ACKNOWLEDGED, Unknown(COMMAND, 2)]


def test_nothing_may_be_there_that_nobody_asked() -> None:
    assert "nobody asked it" in next(wrong_answers({}, {COMMAND: EFFECT}, [PAID]))


def test_a_source_is_tracked_as_far_as_its_commands_go(tmp_path: Path) -> None:
    of_one = told(tmp_path, ACKNOWLEDGED, source="soak/0")
    assert list(wrong_tracking(of_one, {COMMAND: EFFECT}, {"soak/0": 1})) == []
    assert "tracked to 2" in next(wrong_tracking(of_one, {COMMAND: EFFECT}, {"soak/0": 2}))
    assert "tracked to 0" in next(wrong_tracking(of_one, {COMMAND: EFFECT}, {}))


def test_a_car_goes_to_one_order_at_a_time() -> None:
    first = VehicleAllocated(order_id=e.ORDER_ID, source="stock")
    released = VehicleReleased(order_id=e.ORDER_ID, reason="mistake")
    second = replace(first, order_id=e.OTHER_ORDER_ID)
    both = [recorded(one, n, stream=e.CAR_ID) for n, one in enumerate((first, second), start=1)]
    assert any("position 2 allocates" in one for one in wrong_cars(both))
    in_turn = [recorded(one, n, stream=e.CAR_ID) for n, one in enumerate((first, released, second), start=1)]
    assert not any("allocates" in one for one in wrong_cars(in_turn))


def test_a_reader_reads_all_and_what_it_read_stays(tmp_path: Path) -> None:
    log = [PAID, *(PAID._replace(position=n, version=n, event_id=e.ident(n)) for n in (2, 3, 4))]
    whole = [Seen(0, 2, fingerprint(log[:2])), Seen(2, 4, fingerprint(log[2:]))]
    for faults, batches in (
        ([], whole),
        (["went on at 2"], [Seen(0, 1, fingerprint(log[:1])), whole[1]]),
        (["not what they were"], [Seen(0, 2, fingerprint(log[1:3])), whole[1]]),
        (["has seen 2 of 4"], whole[:1]),
    ):
        journal = tmp_path / "reader-0.seen"
        journal.unlink(missing_ok=True)
        Journal(journal).write(*batches)
        said = list(wrong_reading(log, tmp_path))
        assert len(said) == len(faults), said
        assert all(fault in one for fault, one in zip(faults, said, strict=True))
