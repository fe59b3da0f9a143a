"""One MINI, from its production order to the agent's site, and a car from stock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from domain.allocations.allocating import AllocateVehicle, ReleaseVehicle, RetagVehicle, VehicleAllocated
from domain.allocations.building import (
    AssignVin,
    BuildCompleted,
    BuildStarted,
    ProductionFrozen,
    ProductionScheduled,
    ScheduleProduction,
    VinAssigned,
)
from domain.allocations.moving import ArriveLeg, DepartLeg, LegArrived, LegDeparted
from domain.allocations.ordering import OrderProduction, ProductionOrdered
from domain.allocations.state import Vehicle
from domain.allocations.stocking import EnterStock, StockEntered
from domain.kernel import Stream
from domain.orders.state import Order
from tests.examples import CAR_ID, DEALER_ID, ORDER_ID, OTHER_ORDER_ID, SITE_ID, VIN

CAR: Final = Stream(Vehicle, CAR_ID)
ORDER: Final = Stream(Order, ORDER_ID)
OTHER_ORDER: Final = Stream(Order, OTHER_ORDER_ID)
ETA: Final = datetime(2026, 5, 20, 6, tzinfo=UTC)
FROZEN_AT: Final = datetime(2026, 5, 4, 6, tzinfo=UTC)
BUILT_AT: Final = datetime(2026, 5, 15, 14, tzinfo=UTC)

produce: Final = OrderProduction(
    vehicle_id=CAR_ID,
    production_no="7000001",
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    options=("blaze red", "heat pump"),
    plant="Leipzig",
    market="DE",
)
ordered: Final = ProductionOrdered(
    production_no="7000001",
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    options=("blaze red", "heat pump"),
    plant="Leipzig",
    market="DE",
)
enter_stock: Final = EnterStock(
    vehicle_id=CAR_ID,
    production_no="S-1",
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    options=(),
    market="DE",
    site_id=SITE_ID,
    owner_id=DEALER_ID,
)
in_stock: Final = StockEntered(
    production_no="S-1",
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    options=(),
    market="DE",
    site_id=SITE_ID,
    owner_id=DEALER_ID,
)
allocate: Final = AllocateVehicle(order_id=ORDER_ID, vehicle_id=CAR_ID, source="factory")
allocated: Final = VehicleAllocated(order_id=ORDER_ID, source="factory")
retag: Final = RetagVehicle(
    vehicle_id=CAR_ID, from_order_id=ORDER_ID, to_order_id=OTHER_ORDER_ID, reason="swap"
)
release: Final = ReleaseVehicle(vehicle_id=CAR_ID, order_id=ORDER_ID, reason="cancelled")
schedule: Final = ScheduleProduction(vehicle_id=CAR_ID, plant="Leipzig", week="2026-W20")
scheduled: Final = ProductionScheduled(plant="Leipzig", week="2026-W20", order_id=ORDER_ID)
frozen: Final = ProductionFrozen(frozen_at=FROZEN_AT, order_id=ORDER_ID)
started: Final = BuildStarted(order_id=ORDER_ID)
assign_vin: Final = AssignVin(vehicle_id=CAR_ID, vin=VIN)
vin_assigned: Final = VinAssigned(production_no="7000001", vin=VIN, check_digit="ok", order_id=ORDER_ID)
built: Final = BuildCompleted(completed_at=BUILT_AT, order_id=ORDER_ID)
depart: Final = DepartLeg(
    vehicle_id=CAR_ID, leg_no=1, mode="rail", place_from="DELEJ", place_to="DEMUC", eta=ETA
)
departed: Final = LegDeparted(
    leg_no=1, mode="rail", place_from="DELEJ", place_to="DEMUC", eta=ETA, order_id=ORDER_ID
)
arrive: Final = ArriveLeg(vehicle_id=CAR_ID, leg_no=1, place="DEMUC", final=True)
arrived: Final = LegArrived(leg_no=1, place="DEMUC", final=True, order_id=ORDER_ID)

ALLOCATED: Final = (ordered, allocated)
BUILT: Final = (*ALLOCATED, scheduled, frozen, started, vin_assigned, built)
ON_SITE: Final = (*BUILT, departed, arrived)
