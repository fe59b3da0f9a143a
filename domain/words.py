"""Words that several families use, each defined once."""

from __future__ import annotations

from typing import Literal

CustomerType = Literal["private", "fleet"]
ContractChannel = Literal["distance", "off_premises", "on_premises", "unknown"]
Fault = Literal["principal", "customer", "agent", "none"]
Mode = Literal["road", "rail", "sea"]
