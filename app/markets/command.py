"""`carnet market`: who may sell what, to whom, where, since when."""

from __future__ import annotations

from cyclopts import App

from app.markets.drawing import timeline
from app.markets.explaining import explain
from app.markets.loading import load
from app.rehearsing import rehearse

market = App(name="market", help="Who may sell what, to whom, where, since when; and the rows that say so.")
market.command(explain)
market.command(timeline)
market.command(load)
market.command(rehearse)
