"""The structure of a VIN, and what its check digit is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vin import VALUES, check_digit, check_vin

ALPHABET = "".join(VALUES)
vins = st.text(ALPHABET, min_size=17, max_size=17)


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "5GZCZ43D13S812715", "11111111111111111"])
def test_known_vins_have_their_check_digit(vin: str) -> None:
    assert check_vin(vin) == (vin, "ok")


def test_a_european_vin_may_hold_anything_in_position_nine() -> None:
    assert check_vin("WBA3A5C50CF256551"[:8] + "Z" + "CF256551") == ("WBA3A5C5ZCF256551", "advisory")


def test_small_letters_and_spaces_around_are_forgiven() -> None:
    assert check_vin("  1m8gdm9axkp042788\n") == ("1M8GDM9AXKP042788", "ok")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1M8GDM9AXKP04278", "17 characters, this text has 16"),
        ("1M8GDM9AXKP042788X", "17 characters, this text has 18"),
        ("", "this text has 0"),
        ("1M8GDM9AXKPO42788", "character 12"),
        ("1M8GDM9AXKP0427 8", "character 16"),
        ("1M8GDM9AXKP04278é", "character 17"),
        ("1M8GDM9AXKP04278ß", "character 17"),
        ("1M8GDM9AXKP0427ß", "this text has 16"),
        ("1M8GDM9AXKP04278ſ", "character 17"),
        ("1M8GDM9AXKP04278８", "character 17"),
    ],
)
def test_what_is_no_vin_is_told_without_repeating_it(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        check_vin(text)
    assert not text or text not in str(error.value)


@given(vins)
def test_putting_the_check_digit_in_makes_it_ok(vin: str) -> None:
    right = vin[:8] + check_digit(vin) + vin[9:]
    assert check_vin(right) == (right, "ok")


@given(vins, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_the_remark_is_ok_or_advisory(vin: str, place: int, letter: str) -> None:
    changed = vin[:place] + letter + vin[place + 1 :]
    assert check_vin(changed)[1] in {"ok", "advisory"}
