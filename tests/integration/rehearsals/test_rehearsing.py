"""The French i3 at the end of 2018: a rehearsal over the orders of a real log, and then the switch itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.__main__ import run
from domain.handovers.delivering import RecordHandover
from domain.kernel import Command, Refused
from domain.markets.book import LoadMarket
from domain.orders.novating import RUN_OFF, NovateOrder, OrderNovated
from domain.orders.offering import IssueQuote
from domain.orders.refusing import CommandRefused
from domain.orders.state import Order
from domain.sealed import Clear
from domain.settlements.planning import PublishPlan
from infra.clock import SimulatedClock
from infra.handle import Ask, Desk
from infra.log import Log
from tests import examples
from tests.examples import AGENT_ID, CUSTOMER_ID, DEALER_ID, MAKER_ID, PLAN_ID, SITE_ID, eur, ident, sha
from tests.unit.orders.i3 import DECEMBER, tell_customers, tell_partners
from tests.unit.rehearsals.switches import SWITCH, fragment

NEW_YEAR = datetime(2019, 1, 15, 9, tzinfo=UTC)
OPEN, AGREED, HANDED, OFFERED, THREE = (ident(number) for number in range(201, 206))
LINES = 150_000 + 15_000  # 5 % of 30,000 euros, and the fee of the handover

publish = PublishPlan(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=500,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "none"),
    zone="Europe/Paris",
)


@dataclass
class Scene:
    """Asks the desk; time goes on between the acts."""

    desk: Desk
    clock: SimulatedClock

    def ask(self, *commands: Command) -> None:
        for command in commands:
            self.desk.handle(Ask(command=command, actor="desk"))

    def offer(self, order_id: UUID, *, model: str = "i3", price_authority: str = "maker") -> None:
        reserve = replace(
            examples.reserve,
            order_id=order_id,
            buyer=Clear("Jeanne Martin"),
            brand="BMW",
            model=model,
            market="FR",
        )
        quote = IssueQuote(
            order_id=order_id,
            list_price=eur(36_000),
            net=eur(30_000),
            tax=eur(6_000),
            gross=eur(36_000),
            price_authority=price_authority,  # type: ignore[arg-type]
            valid_until=datetime(2019, 3, 1, tzinfo=UTC),
        )
        self.ask(reserve, quote, replace(examples.inform, order_id=order_id))

    def sell(self, order_id: UUID) -> None:
        """By the maker, through the agent."""
        self.offer(order_id)
        self.ask(
            replace(
                examples.sign,
                order_id=order_id,
                promised_from=date(2019, 2, 1),
                promised_to=date(2019, 2, 14),
            )
        )


@pytest.fixture
def scene(desk: Desk, clock: SimulatedClock) -> Scene:
    """Three cars sold through the agent, of which one was handed over; an offer; and a car of another line."""
    scene = Scene(desk, clock)
    scene.ask(publish)
    for order_id in (OPEN, AGREED, HANDED):
        scene.sell(order_id)
    scene.offer(OFFERED)
    scene.offer(THREE, model="3 Series", price_authority="dealer")
    clock.set(DECEMBER)
    hand_over = RecordHandover(
        order_id=HANDED,
        vehicle_id=ident(11),
        handed_by=AGENT_ID,
        site_id=SITE_ID,
        protocol_sha256=sha("1"),
        odometer_km=12,
    )
    scene.ask(hand_over, replace(tell_customers, order_id=AGREED))
    return scene


@pytest.fixture
def rehearse(
    scene: Scene,
    database: str,
    clock: SimulatedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., bytes]:
    """What `carnet market rehearse --json` prints."""
    server = conninfo_to_dict(database)
    monkeypatch.setenv("CARNET_DATABASE", str(server.pop("dbname")))
    monkeypatch.setenv("CARNET_POSTGRES", make_conninfo("", **server))
    path = tmp_path / "i3-reversal.toml"
    path.write_text(SWITCH, encoding="utf-8")

    def printed(*more: str) -> bytes:
        assert run(["market", "rehearse", "--switch", str(path), *more]) == 0
        return capsysbinary.readouterr().out

    return printed


def test_the_rehearsal_tells_what_becomes_of_every_order_and_what_it_costs(
    rehearse: Callable[..., bytes], log: Log
) -> None:
    told = json.loads(rehearse("--from", "1", "--json"))
    assert (told["market"], told["effective_on"], told["switches"]) == (
        "FR",
        "2019-01-01",
        ["FR-BMW-i-agency"],
    )
    assert told["counts"] == {"runs_off": 1, "needs_consent": 2, "refused": 1, "goes_on": 0, "others": 1}
    orders = {order["order_id"]: order for order in told["orders"]}
    assert [order["order_id"] for order in told["orders"]] == [
        str(one) for one in (OPEN, AGREED, HANDED, OFFERED)
    ]
    customer, partner = {"by": "customer", "id": str(CUSTOMER_ID)}, {"by": "partner", "id": str(AGENT_ID)}
    assert orders[str(OPEN)]["consents"] == [customer, partner]
    assert orders[str(AGREED)]["consents"] == [partner]
    assert (orders[str(HANDED)]["outcome"], orders[str(HANDED)]["status"]) == (
        "runs_off",
        "in_withdrawal_window",
    )
    assert orders[str(OFFERED)]["code"] == "wrong_price_setter"
    assert orders[str(OPEN)]["decided_by"] == ["FR-BMW-franchise"]
    assert told["partners"] == [
        {
            "partner_id": str(AGENT_ID),
            "currency": "EUR",
            "orders": 3,
            "kept_minor": LINES,
            "lost_minor": 2 * LINES,
        }
    ]
    assert told["to_position"] == log.head().position


def test_it_writes_nothing_and_says_the_same_again(rehearse: Callable[..., bytes], log: Log) -> None:
    before = log.head()
    assert rehearse("--json") == rehearse("--json")
    assert log.head() == before


def test_from_a_position_on_only_what_is_still_told_of_counts(
    rehearse: Callable[..., bytes], log: Log
) -> None:
    since = log.head().position
    told = json.loads(rehearse("--from", str(since), "--json"))
    assert [order["order_id"] for order in told["orders"]] == [str(AGREED)]


def test_a_person_reads_a_table(rehearse: Callable[..., bytes]) -> None:
    told = rehearse().decode()
    assert "FR-BMW-i-agency in FR, effective 2019-01-01." in told
    assert "2 run off too, unless all who are named agree" in told
    assert str(2 * LINES) in told


def test_what_cannot_be_read_is_told(rehearse: Callable[..., bytes], tmp_path: Path) -> None:
    assert run(["market", "rehearse", "--switch", str(tmp_path / "nothing.toml")]) == 2
    assert run(["market", "rehearse", "--switch", str(tmp_path / "i3-reversal.toml"), "--from", "-4"]) == 2


def test_the_switch_itself_comes_as_it_was_rehearsed(
    scene: Scene, desk: Desk, log: Log, clock: SimulatedClock, tmp_path: Path
) -> None:
    rows = fragment(tmp_path).markets.rows["FR"]
    scene.ask(LoadMarket(rows=rows, author="market desk", reason="the dealers sell the i3 again"))
    clock.set(NEW_YEAR)
    novate = NovateOrder(order_id=AGREED, distribution_model="franchise", seller="dealer", seller_id=AGENT_ID)
    with pytest.raises(Refused) as refused:
        scene.ask(novate)
    assert (refused.value.code, refused.value.rule) == ("no_partner_consent", RUN_OFF)
    record = log.history(AGREED)[-1].event
    assert isinstance(record, CommandRefused)
    assert (record.command, record.rule, record.rows) == ("NovateOrder", "MK-02", ("FR-BMW-franchise",))
    scene.ask(replace(tell_partners, order_id=AGREED), novate)
    novated = log.history(AGREED)[-1].event
    assert isinstance(novated, OrderNovated)
    assert (novated.effective_on, novated.decided_by) == (date(2019, 1, 15), ("FR-BMW-franchise",))
    assert [one.doc_sha256 for one in novated.consents] == [sha("6"), sha("7")]
    # The other one runs off: it is handed over by the agent, for the maker.
    late = replace(examples.hand_over, order_id=OPEN, vehicle_id=ident(12))
    scene.ask(late)
    order = Order()
    for one in log.history(OPEN):
        order = one.event.evolve(order)
    assert order.contract is not None
    assert (order.contract.sale.seller, order.contract.sale.seller_id) == ("maker", MAKER_ID)
    assert DEALER_ID not in order.contract.sale.partners
