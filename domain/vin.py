"""The structure of a vehicle identification number (ISO 3779), and its check digit (49 CFR 565)."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 17
CHECK_POSITION: Final = 8
VALUES: Final = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True)
)
WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def check_vin(text: str) -> tuple[str, str]:
    """The VIN in capitals, and a remark: `ok` if its check digit holds, else `advisory`.

    The check digit binds in North America and China only; elsewhere position 9 may hold anything.

    Raises:
        ValueError: it is not built as a VIN is. The sentence never repeats the VIN.
    """
    vin = text.strip()
    if len(vin) != LENGTH:
        raise ValueError(f"a VIN has {LENGTH} characters, this text has {len(vin)}")
    for place, character in enumerate(vin, start=1):
        if not character.isascii() or character.upper() not in VALUES:
            raise ValueError(
                f"a VIN holds digits and the letters A to Z without I, O and Q; character {place} is none of them"
            )
    vin = vin.upper()
    return vin, "ok" if vin[CHECK_POSITION] == check_digit(vin) else "advisory"


def check_digit(vin: str) -> str:
    """What position 9 of a well-formed VIN should hold: `0` to `9`, or `X` for ten."""
    rest = sum(VALUES[character] * weight for character, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)
