"""Checks of fields that the commands of several families have, and the codes of what a report contradicts."""

from __future__ import annotations

import re
from typing import Final

from domain.kernel import Refused
from domain.vin import check_vin

SHA256: Final = re.compile(r"[0-9a-f]{64}")


def codes(**contradictions: bool) -> tuple[str, ...]:
    """The names of those that are true."""
    return tuple([code for code, holds in contradictions.items() if holds])


def hashes(**texts: str) -> None:
    """Check that texts are SHA-256 hashes: 64 hexadecimal digits in small letters.

    Raises:
        Refused: `sha256`.
    """
    for name, text in texts.items():
        if not SHA256.fullmatch(text):
            raise Refused(
                "sha256", "{name} must be the SHA-256 of the document: 64 hexadecimal digits", name=name
            )


def no_vin(**texts: str) -> None:
    """Check that texts which stay in clear are not built as a VIN is: that leads to the keeper of the car.

    Raises:
        Refused: `vin_in_clear`. The sentence never repeats the VIN.
    """
    for name, text in texts.items():
        try:
            check_vin(text)
        except ValueError:
            continue
        raise Refused(
            "vin_in_clear",
            "{name} looks like a VIN, which is kept sealed: give another number, and the VIN with AssignVin",
            name=name,
        )


def odometer(kilometres: int) -> None:
    """Check the reading of an odometer.

    Raises:
        Refused: `odometer`.
    """
    if kilometres < 0:
        raise Refused("odometer", "odometer_km is {kilometres}: it cannot be negative", kilometres=kilometres)
