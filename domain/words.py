"""Words that several families use, each defined once, and how names are written."""

from __future__ import annotations

import re
from typing import Final, Literal

Powertrain = Literal["BEV", "PHEV", "REEV", "MHEV", "ICE"]
Party = Literal["maker", "agent", "dealer"]
CustomerType = Literal["private", "fleet"]
ContractChannel = Literal["distance", "off_premises", "on_premises", "unknown"]
Counted = Literal["store", "licence", "car"]
Licensing = Literal["none", "lapsed", "revoked", "in_force"]
Fault = Literal["principal", "customer", "agent", "none"]
Mode = Literal["road", "rail", "sea"]
Medium = Literal["web", "email", "paper", "letter", "function", "phone"]

BRAND: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")  # such as ROLLS-ROYCE
SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # such as 3-series
