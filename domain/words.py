"""Words that several families use, each defined once."""

from __future__ import annotations

from typing import Literal

Powertrain = Literal["BEV", "PHEV", "REEV", "MHEV", "ICE"]
Party = Literal["maker", "agent", "dealer"]
CustomerType = Literal["private", "fleet"]
ContractChannel = Literal["distance", "off_premises", "on_premises", "unknown"]
Counted = Literal["store", "licence", "car"]
Licensing = Literal["none", "lapsed", "revoked", "in_force"]
Fault = Literal["principal", "customer", "agent", "none"]
Mode = Literal["road", "rail", "sea"]
Medium = Literal["web", "email", "paper", "letter", "function", "phone"]
