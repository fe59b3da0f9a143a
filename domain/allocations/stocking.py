"""A built car enters somebody's stock without a production order of ours."""

from __future__ import annotations

from uuid import UUID

from domain.allocations.state import Vehicle, VehicleEvent, new
from domain.checks import no_vin
from domain.context import Context
from domain.kernel import Decision, Request, State, States, Stream, replace
from domain.words import Powertrain


class StockEntered(VehicleEvent):
    """A car stands at a site, owned by `owner_id`, and waits for an order."""

    production_no: str
    brand: str
    model: str
    powertrain: Powertrain
    options: tuple[str, ...]
    market: str
    site_id: UUID
    owner_id: UUID | None = None

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(
            vehicle,
            progress="on_site",
            production_no=self.production_no,
            brand=self.brand,
            model=self.model,
            powertrain=self.powertrain,
            options=self.options,
            market=self.market,
        )


class EnterStock(Request):
    """Enter a built car that stands at a site. Tell its VIN with `AssignVin`."""

    begins = True

    vehicle_id: UUID
    production_no: str
    brand: str
    model: str
    powertrain: Powertrain
    options: tuple[str, ...] = ()
    market: str
    site_id: UUID
    owner_id: UUID | None = None

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Vehicle, self.vehicle_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        new(states[stream], self.vehicle_id)
        context.markets.place(self.market)
        no_vin(production_no=self.production_no)
        yield (
            stream,
            StockEntered(
                production_no=self.production_no,
                brand=self.brand,
                model=self.model,
                powertrain=self.powertrain,
                options=self.options,
                market=self.market,
                site_id=self.site_id,
                owner_id=self.owner_id,
            ),
        )
