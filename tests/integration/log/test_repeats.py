"""A command that comes again takes effect once, whoever is asked."""

from dataclasses import replace
from uuid import uuid4

import pytest

from domain.sealed import Clear
from infra.errors import InputError
from infra.handle import Answer, Desk
from infra.item import AlreadyTaken, Tracking
from infra.log import Log
from tests import examples
from tests.examples import eur
from tests.integration.log.items import ask, rows


def test_a_repeated_command_gets_its_first_answer(desk: Desk, other_desk: Desk, log: Log) -> None:
    one = ask(examples.reserve, uuid4())
    first = desk.handle(one)
    desk.handle(ask(examples.pay_deposit))
    for again in (desk, other_desk):
        assert again.handle(one) == Answer(first.position, first.events, repeated=True)
    assert log.head().position == 2


def test_a_repeat_is_known_even_where_it_would_now_be_refused(desk: Desk, other_desk: Desk) -> None:
    desk.handle(ask(examples.reserve))
    cancel = ask(examples.cancel, uuid4(), expected_version=1)
    first = desk.handle(cancel)
    assert first.events
    for again in (desk, other_desk):
        assert again.handle(cancel) == Answer(first.position, first.events, repeated=True)


def test_a_repeat_with_sealed_text_is_the_same_content(desk: Desk, database: str) -> None:
    command = replace(examples.reserve, buyer=Clear("Erika Mustermann"))
    one, other = ask(command, uuid4()), replace(examples.reserve, buyer=Clear("Max Mustermann"))
    desk.handle(one)
    assert desk.handle(one).repeated
    assert rows(database, "select count(*) from vault.sealed") == [(1,)]
    with pytest.raises(InputError, match="was used for another content"):
        desk.handle(ask(other, one.command_id))


def test_a_command_id_with_another_content_is_told_so(desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve))
    command_id = uuid4()
    desk.handle(ask(examples.pay_deposit, command_id))
    other = replace(examples.pay_deposit, amount=eur(600))
    with pytest.raises(InputError, match=f"command id {command_id} was used for another content"):
        desk.handle(ask(other, command_id))
    assert log.head().position == 2


def test_a_command_that_yields_nothing_is_remembered_if_it_has_an_id(
    desk: Desk, log: Log, database: str
) -> None:
    desk.handle(ask(examples.reserve))
    desk.handle(ask(examples.pay_deposit))
    again = replace(examples.pay_deposit)  # the same payment, told twice
    assert desk.handle(ask(again)) == Answer(2, ())
    assert rows(database, "select count(*) from carnet.commands") == [(2,)]
    told = ask(again, uuid4())
    assert desk.handle(told) == Answer(2, ())
    assert desk.handle(told) == Answer(2, (), repeated=True)
    assert rows(database, "select count(*) from carnet.commands") == [(3,)]


def test_a_message_makes_its_command_once(desk: Desk, other_desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve))
    message = ask(examples.pay_deposit, uuid4(), tracking=Tracking("c/t[0]", 5))
    first = desk.handle(message)
    assert log.taken("c/t[0]") == 5
    assert other_desk.handle(message) == Answer(first.position, first.events, repeated=True)
    later = replace(examples.pay_deposit, payment_id="bank-9")
    with pytest.raises(AlreadyTaken, match=r"c/t\[0\] has been taken up to offset 5"):
        desk.handle(ask(later, uuid4(), tracking=Tracking("c/t[0]", 4)))
