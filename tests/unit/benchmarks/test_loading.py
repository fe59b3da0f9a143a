"""The load that comes by schedule."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any, cast

from benchmarks.flow import SALE
from benchmarks.loading import APART_S, _offers, _sales

RATE, SECONDS = 200.0, 3.0


def test_every_moment_has_all_the_steps_of_a_sale() -> None:
    before, counted = _offers(RATE, SECONDS)
    assert len(counted) == RATE * SECONDS
    for start in range(0, len(counted), len(SALE)):
        kinds = Counter(type(command) for command in counted[start : start + len(SALE)])
        assert kinds == Counter(type(command) for command in SALE)
    assert {type(command) for command in before} == {type(command) for command in SALE[:-1]}


def test_the_steps_of_a_sale_come_in_order_and_a_good_while_apart() -> None:
    apart = int(RATE / len(SALE) * APART_S)
    commands = list(islice(_sales(apart), 2_000))
    first = cast("Any", commands[0]).order_id
    places = [place for place, command in enumerate(commands) if cast("Any", command).order_id == first]
    assert [type(commands[place]) for place in places] == [type(command) for command in SALE]
    full = places[-2:]  # those before came while the sales were beginning
    assert full[1] - full[0] >= RATE * APART_S - len(SALE)
