"""What is personal stands in the vault alone, what is confidential in settlements alone: searched byte by byte.

One car is ordered, built, sold, delivered and serviced through the processes that do so in production, with a
marker in every personal field and amounts that are easy to recognise. Some messages and commands are wrong.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from domain.kernel import Command
from domain.sealed import personal_fields
from infra.clock import SimulatedClock
from infra.embedded.processes import wait_until
from infra.embedded.servers import Servers
from tests import examples as e
from tests.acceptance.conftest import installed
from tests.acceptance.installation import SECONDS, Installation
from tests.acceptance.planted import (
    COMMISSION,
    FEE,
    GROSS,
    MODEL,
    PARKED,
    PERSONAL,
    PLANTED,
    TOLD,
    line,
    sale,
    told_by_others,
    wrong_lines,
)
from tests.acceptance.searching import forms_of_amount, forms_of_text, holding, tables, topics


@dataclass(frozen=True)
class Story:
    """All that there is to search, and what the vault shows of the customer and the car, before and after she was
    erased."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    shown_before: tuple[str | None, ...]
    shown_after: tuple[str | None, ...]


def shown_by_the_vault(here: Installation) -> tuple[str | None, ...]:
    told = [
        here.carnet("person", "show", str(subject), "--purpose", "a test", "--json").json
        for subject in (e.CUSTOMER_ID, e.CAR_ID)
    ]
    return tuple(one["text"] for about in told for one in about)


def searched(here: Installation, servers: tuple[Servers, ...]) -> dict[str, bytes]:
    logs = {f"log {process.log.stem}": process.log.read_bytes() for process in here.started}
    for server in servers:
        logs |= {f"log {log.stem}": log.read_bytes() for log in server.data.glob("*.log")}
    return {**dict(tables(here)), **dict(topics(here)), **logs}


@pytest.fixture(scope="module")
def story(
    postgres_server: Servers, kafka_server: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    SimulatedClock(folder / "clock").set(e.NOON)
    settings = {"CARNET_CLOCK": f"file:{folder / 'clock'}", "CARNET_LOG": "debug"}
    with installed(postgres_server.postgres, kafka_server.kafka, folder, **settings) as here:
        crew = [here.start(name) for name in ("relay", "project", "consume")]
        commands = folder / "commands.jsonl"
        commands.write_bytes(b"\n".join(map(line, sale())))
        asked = here.start("ask", "--file", str(commands), "--json").ended()
        assert asked.code == 0, asked
        for number, wrong in enumerate(wrong_lines()):
            file = folder / f"wrong-{number}.jsonl"
            file.write_bytes(wrong)
            assert here.start("ask", "--file", str(file)).ended().code in {2, 3, 5}
        told_by_others(here)
        assert wait_until(lambda: _settled(here), seconds=SECONDS), here.carnet("status").out
        servers = (postgres_server, kafka_server)
        before = searched(here, servers)
        shown = shown_by_the_vault(here)
        erased = here.start("person", "erase", str(e.CUSTOMER_ID), "--reason", "she asked").ended()
        assert erased.code == 0, erased
        for process in crew:
            assert process.stop().code == 0
        yield Story(before, searched(here, servers), shown, shown_by_the_vault(here))


def _settled(here: Installation) -> bool:
    told = here.carnet("status", "--json").json
    assert all(process.popen.poll() is None for process in here.started[:3])
    return told["parked"] == PARKED and not any(one["behind"] for one in told["followers"])


def test_every_personal_field_has_its_marker() -> None:
    fields = {(name, field) for name, command in Command.named.items() for field in personal_fields(command)}
    assert fields == PLANTED.keys()


@pytest.mark.parametrize("what", PERSONAL)
def test_nothing_personal_stands_anywhere(story: Story, what: str) -> None:
    needles = list(forms_of_text(PERSONAL[what]))
    assert holding(story.before, needles) == set()
    assert holding(story.after, needles) == set()


def test_the_vault_shows_it_until_the_person_is_erased(story: Story) -> None:
    """Else the search would prove nothing: the texts came in, and came out for who may see them."""
    of_the_car = PLANTED["AssignVin", "vin"]
    of_the_customer = {text for text in PLANTED.values() if text != of_the_car}
    assert set(story.shown_before) == of_the_customer | {TOLD["a payer that the bank names"], of_the_car}
    assert set(story.shown_after) == {None, of_the_car}


def test_what_is_not_personal_is_found_by_the_same_search(story: Story) -> None:
    found = holding(story.before, forms_of_text(MODEL))
    assert found >= {
        "events of others",
        "table read_customer_status_1.customer_status",
        "topic orders.events.v1",
    }
    assert "topic vehicles.events.v1" in found
    logged = [name for name, content in story.before.items() if name.startswith("log") and content]
    assert {"log 0-relay", "log 2-consume", "log postgres", "log kafka"} <= set(logged)
    assert "log 0-relay" in holding(story.before, forms_of_text("relay.started"))
    assert "log 2-consume" in holding(story.before, [b"parked"])


@pytest.mark.parametrize("before", [b"", b"1", b"12", b"123"])
def test_the_search_sees_through_encodings(before: bytes) -> None:
    text = "Marker-5f"
    whole = before + text.encode() + b" and more"
    for stored in (
        whole,
        whole.hex().encode(),
        base64.b64encode(whole),
        hashlib.sha256(text.encode()).digest(),
    ):
        assert holding({"a place": stored}, forms_of_text(text)) == {"a place"}
    assert holding({"a place": b"Marker-5e"}, forms_of_text(text)) == set()


CONFIDENTIAL: Final = {
    "the fee": list(forms_of_amount(FEE)),
    "the commission": list(forms_of_amount(COMMISSION)),
    "what both come to": list(forms_of_amount(FEE + COMMISSION)),
    "the names of the terms": [b"base_rate_bp", b"clawback_faults"],
}
MAY_HOLD: Final = {
    "events of settlements",
    "topic settlements.events.v1",
    "table read_dealer_commissions_1.commission_line",
    "table read_dealer_commissions_1.commission_order",
    "table read_dealer_commissions_1.commission_plan",
}


@pytest.mark.parametrize("what", CONFIDENTIAL)
def test_nothing_confidential_leaves_the_settlements(story: Story, what: str) -> None:
    assert holding(story.after, CONFIDENTIAL[what]) <= MAY_HOLD


def test_what_is_confidential_is_where_it_belongs(story: Story) -> None:
    places = {
        "events of settlements",
        "topic settlements.events.v1",
        "table read_dealer_commissions_1.commission_plan",
    }
    assert holding(story.after, forms_of_amount(FEE)) >= places
    assert "table read_dealer_commissions_1.commission_line" in holding(
        story.after, forms_of_amount(COMMISSION)
    )


def test_a_price_is_found_by_the_same_search(story: Story) -> None:
    found = holding(story.after, forms_of_amount(GROSS))
    assert {"events of others", "topic orders.events.v1"} <= found
    assert not any(name.startswith("log") for name in found)
