"""What holds for every command there is: the streams that it names."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import domain.everything  # noqa: F401 -- defines every command
from domain.kernel import Command, Event, Refused, State, States, fold
from domain.markets.book import LoadMarket
from domain.money import CurrencyMismatch
from tests.anything import anything
from tests.examples import MARKETS, NOON, context

KINDS = sorted(Command.named.values(), key=lambda kind: kind.__name__)


def any_command(kind: type[Command]) -> st.SearchStrategy[Command]:
    if kind is LoadMarket:
        rows = st.sampled_from(sorted(MARKETS.rows.values(), key=lambda one: one.market))
        return st.builds(LoadMarket, rows=rows, author=st.just("a"), reason=st.just("b"))
    return anything(kind)


def any_state(kind: type[State]) -> st.SearchStrategy[State]:
    """Any that a few of its events make."""
    events = [one for one in Event.named.values() if one.of is kind and "MarketRow" not in one.__name__]
    history = st.lists(st.one_of([anything(one) for one in events]), max_size=4) if events else st.just([])
    return history.map(lambda happened: fold(kind(), happened))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_command_writes_only_to_what_it_says_and_reads(kind: type[Command], data: st.DataObject) -> None:
    command = data.draw(any_command(kind))
    reads = command.reads()
    writes = command.writes(reads)
    # An id that is given for two kinds of stream is refused before anything is decided.
    assume(len({stream.id for stream in reads}) == len(set(reads)))
    assert set(writes) <= set(reads)
    assert reads[0] in writes, "a command writes to the stream that it is about"
    states = States({stream.id: data.draw(any_state(stream.state)) for stream in reads})
    try:
        events = list(command.decide(states, context(NOON)))
    except (Refused, CurrencyMismatch):
        return
    assert {stream for stream, _ in events} <= set(writes)
